package io.dedup;

import io.dedup.spi.Backoff;
import io.dedup.spi.DeliveryProcessor;
import io.dedup.spi.Disposition;
import io.dedup.spi.Engine;
import io.dedup.spi.Handler;
import io.dedup.spi.MessagePolicy;
import io.dedup.test.Database;
import java.sql.Connection;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;

/** Hands deliveries to a processor, as an adapter does, and keeps what its listener and its handler were given. */
final class Deliveries {

    /** Waits that a test need not wait for: nobody sleeps here. */
    static final MessagePolicy POLICY =
            MessagePolicy.DEFAULT.pauses(new Backoff(Duration.ofMillis(100), Duration.ofMillis(1_000)));

    /** What a handler does for a delivery. */
    @FunctionalInterface
    interface Effect {
        void run(Connection tx, TestDelivery delivery) throws Exception;
    }

    final Orders orders;
    final Deduplicator dedup;
    final List<TestDelivery> handled = Collections.synchronizedList(new ArrayList<>());
    final List<String> heard = Collections.synchronizedList(new ArrayList<>());
    private final Engine engine;

    Deliveries(Database database) {
        this(database, database);
    }

    /** With the library on another way to the database than the test's own. */
    Deliveries(Database database, Database librarys) {
        this.orders = Orders.in(database);
        orders.execute("TRUNCATE processed_message_attempt"); // of the class's other tests
        this.dedup = Deduplicator.builder(librarys.dataSource())
                .maxWait(Duration.ofMillis(100))
                .build();
        this.engine = dedup.engine().notifying(new DedupListener() {
            @Override
            public void onDelivery(Result result, boolean redelivered) {
                heard.add(result.outcome() + (redelivered ? " redelivered" : ""));
            }

            @Override
            public void onDeadLetter(String consumer, String reason) {
                heard.add(consumer + " dead: " + reason);
            }
        });
    }

    DeliveryProcessor<TestDelivery> processor(MessagePolicy policy, int maxGroup, Effect effect) {
        Handler<TestDelivery> handler = (tx, delivery) -> {
            handled.add(delivery);
            Orders.save(tx, delivery.key());
            effect.run(tx, delivery);
            return null;
        };
        return engine.processor(policy, TestDelivery.TYPE, maxGroup, handler);
    }

    DeliveryProcessor<TestDelivery> processor(MessagePolicy policy) {
        return processor(policy, 1, (tx, delivery) -> {});
    }

    DeliveryProcessor<TestDelivery> batchProcessor(MessagePolicy policy, int maxGroup, Effect effect) {
        return engine.batchProcessor(policy, TestDelivery.TYPE, maxGroup, (tx, fresh) -> {
            for (TestDelivery delivery : fresh) {
                handled.add(delivery);
                Orders.save(tx, delivery.key());
                effect.run(tx, delivery);
            }
        });
    }

    static List<Disposition> process(DeliveryProcessor<TestDelivery> processor, TestDelivery... deliveries) {
        return processor.process(Arrays.asList(deliveries));
    }

    static Disposition one(DeliveryProcessor<TestDelivery> processor, TestDelivery delivery) {
        return processor.process(List.of(delivery)).get(0);
    }

    long countedFailures() {
        return orders.count("SELECT coalesce(sum(attempts), 0) FROM processed_message_attempt WHERE consumer = '"
                + TestDelivery.CONSUMER + "'");
    }

    long countedKeys() {
        return orders.count(
                "SELECT count(*) FROM processed_message_attempt WHERE consumer = '" + TestDelivery.CONSUMER + "'");
    }
}
