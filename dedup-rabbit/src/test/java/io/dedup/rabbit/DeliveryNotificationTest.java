package io.dedup.rabbit;

import static org.assertj.core.api.Assertions.assertThat;

import io.dedup.DedupListener;
import io.dedup.NeverRetryException;
import io.dedup.Outcome;
import io.dedup.Result;
import io.dedup.test.BrokerServer;
import io.dedup.test.Database;
import io.dedup.test.RequiresRabbitMq;
import io.dedup.test.ServersExtension;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(ServersExtension.class)
@Timeout(60)
class DeliveryNotificationTest {

    private record Heard(Outcome outcome, boolean redelivered) {}

    private final List<Heard> heard = new CopyOnWriteArrayList<>();
    private final List<String> dead = new CopyOnWriteArrayList<>();
    private final DedupListener broken = new DedupListener() {
        @Override
        public void onDelivery(Result result, boolean redelivered) {
            throw new AssertionError("listeners fail too");
        }
    };
    private final DedupListener listener = new DedupListener() {
        @Override
        public void onDelivery(Result result, boolean redelivered) {
            heard.add(new Heard(result.outcome(), redelivered));
        }

        @Override
        public void onDeadLetter(String consumer, String reason) {
            dead.add(consumer + ": " + reason);
        }
    };

    private final BrokerServer broker;
    private final Database database;
    private Shop shop;

    DeliveryNotificationTest(BrokerServer broker, Database database) {
        this.broker = broker;
        this.database = database;
    }

    @BeforeEach
    void open() throws Exception {
        shop = new Shop(broker, database);
    }

    @AfterEach
    void close() throws Exception {
        shop.close();
    }

    @Test
    void aPublishersCopyIsToldFromARedelivery() throws Exception {
        try (DedupConsumer consumer = consume(shop.save())) {
            shop.publish("a");
            shop.publish("a");
            Shop.eventually()
                    .untilAsserted(() -> assertThat(heard)
                            .containsExactly(new Heard(Outcome.PROCESSED, false), new Heard(Outcome.DUPLICATE, false)));
        }
        heard.clear();
        shop.publish("b");
        shop.publisher.basicGet(shop.queue, false);
        shop.publisher.basicRecover(true);
        try (DedupConsumer consumer = consume(shop.save())) {
            Shop.eventually()
                    .untilAsserted(() -> assertThat(heard).containsExactly(new Heard(Outcome.PROCESSED, true)));
        }
    }

    @Test
    void aFailureAndItsNextAttemptHereAreHeard() throws Exception {
        AtomicBoolean failed = new AtomicBoolean();
        DeliveryHandler once = (tx, delivery) -> {
            if (failed.compareAndSet(false, true)) {
                throw new IllegalStateException("out of paper");
            }
            shop.save().handle(tx, delivery);
        };
        try (DedupConsumer consumer = consume(once)) {
            shop.publish("a");
            Shop.eventually()
                    .untilAsserted(() -> assertThat(heard)
                            .containsExactly(new Heard(Outcome.FAILED, false), new Heard(Outcome.PROCESSED, false)));
        }
        assertThat(dead).isEmpty();
    }

    @Test
    @RequiresRabbitMq
    void whatIsPutAsideIsHeardOnceItIs() throws Exception {
        DeliveryHandler never = (tx, delivery) -> {
            throw new NeverRetryException("no such customer");
        };
        try (DedupConsumer consumer = consume(never)) {
            shop.publish("a");
            shop.publish((String) null);
            Shop.eventually()
                    .untilAsserted(() -> assertThat(dead)
                            .containsExactly(
                                    shop.queue + ": the handler asked for no other attempt",
                                    shop.queue + ": missing message ID"));
        }
        assertThat(heard).containsExactly(new Heard(Outcome.FAILED, false));
    }

    private DedupConsumer consume(DeliveryHandler handler) {
        return shop.consumer().listener(broken).listener(listener).start(handler);
    }
}
