package io.dedup.proof;

import static io.dedup.rabbit.Shop.eventually;

import com.rabbitmq.client.Connection;
import com.rabbitmq.client.ConnectionFactory;
import com.rabbitmq.client.GetResponse;
import io.dedup.ConsumerState;
import io.dedup.Deduplicator;
import io.dedup.MessageKey;
import io.dedup.rabbit.DedupConsumer;
import io.dedup.rabbit.Layer;
import io.dedup.rabbit.Shop;
import io.dedup.rabbit.Tapped;
import io.dedup.test.BrokerServer;
import io.dedup.test.Database;
import io.dedup.test.TcpProxy;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import javax.sql.DataSource;

/** A queue, a way to each server that can be cut, and one run after the other, each with another fault. */
class Track implements AutoCloseable {

    private static final int MOST_RECOVERIES = 10;
    private static final Duration SOON = Duration.ofMillis(3);

    final Shop shop;
    final Database database;
    final TcpProxy toDatabase;
    final TcpProxy toBroker;
    private int runs;

    Track(BrokerServer broker, Database database) throws Exception {
        this.shop = new Shop(broker, database);
        this.database = database;
        this.toDatabase = TcpProxy.to(database.host(), database.port());
        this.toBroker = TcpProxy.to(broker.host(), broker.port());
    }

    /** What a run without a fault does, and how it ends. */
    record Plain(List<Step> steps, Cell cell) {}

    Plain plain(Scenario scenario, Mutant mutant) throws Exception {
        Probe probe = new Probe(toDatabase, toBroker, scenario, -1, Fault.NONE);
        Cell cell = run(scenario, trial -> consume(probe, mutant, trial, Duration.ofSeconds(10)));
        return new Plain(probe.steps(), cell);
    }

    Cell run(Scenario scenario, Mutant mutant, int step, Fault fault) throws Exception {
        if (fault.isDeath()) {
            return run(scenario, trial -> die(scenario, step, fault));
        }
        Probe probe = new Probe(toDatabase, toBroker, scenario, step, fault);
        // What ends no channel and settles nothing waits for its next attempt, and need not be waited for.
        Duration limit = Duration.ofMillis(scenario.endsAsDeadLetter() ? 200 : 2_000);
        return run(scenario, trial -> consume(probe, mutant, trial, limit));
    }

    private interface Faulty {
        void consume(Trial trial) throws Exception;
    }

    private Cell run(Scenario scenario, Faulty faulty) throws Exception {
        Trial trial = new Trial(scenario, scenario.name() + " " + ++runs);
        for (String message : trial.messages()) {
            if (scenario == Scenario.DUPLICATE) {
                shop.dedup.process(new MessageKey(shop.queue, message), tx -> shop.save(tx, message));
            }
            shop.publish(message);
        }
        faulty.consume(trial);
        trial.left(remaining());
        recover(trial);
        return judge(trial);
    }

    void die(Scenario scenario, int step, Fault fault) throws Exception {
        DyingConsumer.start(DyingConsumer.class, shop.broker(), database, shop.queue, scenario, step, fault, "plain");
    }

    void consume(Probe probe, Mutant mutant, Trial trial, Duration limit) throws Exception {
        ConnectionFactory factory = shop.broker().connectionFactory(toBroker);
        factory.setNetworkRecoveryInterval(60_000); // a fresh consumer recovers, not this one
        Layer library = mutant.over(probe);
        Connection connection = factory.newConnection();
        Connection publishing = factory.newConnection();
        try {
            DataSource source = Tapped.of(database.through(toDatabase).dataSource(), library);
            DedupConsumer consumer =
                    consumer(Tapped.of(connection, library), Tapped.of(publishing, library), source, trial, false);
            trial.require(probe.awaitStruck(), "the step was never reached");
            probe.awaitSettled(limit);
            if (probe.fault() == Fault.NONE) {
                probe.awaitQuiet();
            }
            if (probe.fault() == Fault.THROWS_UNCHECKED) {
                Thread.sleep(50); // for what escapes to end its thread
            }
            trial.require(consumer.state().phase() != ConsumerState.Phase.CLOSED, "the consumer stopped by itself");
            consumer.close();
        } finally {
            connection.abort();
            publishing.abort();
            probe.closeConnections();
        }
    }

    private DedupConsumer consumer(
            Connection connection, Connection publishing, DataSource source, Trial trial, boolean recovering) {
        Scenario scenario = trial.scenario();
        Deduplicator dedup = Deduplicator.builder(source).listener(trial).build();
        return scenario.configure(DedupConsumer.builder(connection, publishing, dedup, shop.queue), recovering)
                .start(scenario.handler(recovering));
    }

    private void recover(Trial trial) throws Exception {
        long remaining = remaining();
        for (int i = 0; remaining > 0 && i < MOST_RECOVERIES; i++) {
            long expected = trial.results() + remaining;
            try (DedupConsumer fresh = consumer(shop.connection, shop.publishing, shop.pool, trial, true)) {
                eventually().pollInterval(SOON).until(() -> trial.results() >= expected);
                fresh.close();
            }
            remaining = remaining();
        }
        trial.require(remaining == 0, remaining + " messages stay in the queue");
    }

    /** Counted when the broker knows that nobody holds any. */
    private long remaining() throws Exception {
        eventually().pollInterval(SOON).until(() -> shop.publisher.consumerCount(shop.queue) == 0);
        return shop.ready();
    }

    private Cell judge(Trial trial) throws Exception {
        Map<String, Long> dead = new HashMap<>();
        for (GetResponse letter = shop.deadLetter(); letter != null; letter = shop.deadLetter()) {
            dead.merge(letter.getProps().getMessageId(), 1L, Long::sum);
        }
        long deadLetters = 0;
        for (String message : trial.messages()) {
            deadLetters = dead.getOrDefault(message, 0L);
            trial.judge(message, remains(message), deadLetters);
        }
        if (!trial.broken().isEmpty()) {
            shop.publisher.queuePurge(shop.queue);
        }
        return new Cell(trial.ending(deadLetters), trial.broken());
    }

    private Trial.Remains remains(String message) {
        String its = " WHERE consumer = '" + shop.queue + "' AND message_id = '" + message + "'";
        return new Trial.Remains(
                shop.count("SELECT count(*) FROM orders" + its.replace("consumer", "queue")),
                shop.count("SELECT count(*) FROM processed_message" + its),
                shop.count("SELECT count(*) FROM processed_message_attempt AS a" + its + Shop.NOT_PROCESSED));
    }

    @Override
    public void close() throws Exception {
        shop.close();
        toDatabase.close();
        toBroker.close();
    }
}
