package io.dedup.examples.soak;

import com.rabbitmq.client.AlreadyClosedException;
import com.rabbitmq.client.ConnectionFactory;
import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.dedup.ConsumerState;
import io.dedup.DedupException;
import io.dedup.Deduplicator;
import io.dedup.rabbit.DedupConsumer;
import io.dedup.rabbit.DedupConsumerBuilder;
import java.io.IOException;
import java.time.Duration;
import java.util.Random;
import java.util.concurrent.atomic.AtomicBoolean;

/** A consumer JVM: consumes until its standard input ends, then closes gently. */
final class SoakConsumer {

    static final int WORKERS = 4;

    /** Exit code when the consumer gave up, which it must not. */
    private static final int GAVE_UP = 3;

    /** Shorter than slow handlers take, so that a duplicate meets BUSY. */
    private static final Duration MOST_BUSY = Duration.ofMillis(200);

    private static final long RETRY_MILLIS = 500;

    private final AtomicBoolean stopping = new AtomicBoolean();
    private final String amqpUri;
    private final Effects effects;
    private final Random random;
    private final Mode mode;

    private SoakConsumer(String amqpUri, int slot, long seed) {
        this.amqpUri = amqpUri;
        this.effects = new Effects(slot);
        this.random = new Random(seed);
        this.mode = Mode.values()[slot % Mode.values().length];
    }

    /** Arguments: JDBC URL, AMQP URI, slot, seed. */
    public static void main(String[] args) throws Exception {
        SoakConsumer soak = new SoakConsumer(args[1], Integer.parseInt(args[2]), Long.parseLong(args[3]));
        soak.stopAtEndOfInput();
        boolean gaveUp;
        try (HikariDataSource pool = pool(args[0])) {
            gaveUp = soak.run(Deduplicator.builder(pool).maxWait(MOST_BUSY).build());
        }
        System.exit(gaveUp ? GAVE_UP : 0);
    }

    private static HikariDataSource pool(String jdbcUrl) {
        HikariConfig config = new HikariConfig();
        config.setJdbcUrl(jdbcUrl);
        config.setMaximumPoolSize(WORKERS + 1);
        config.setConnectionTimeout(3_000);
        config.setValidationTimeout(1_000);
        config.setInitializationFailTimeout(-1); // it may be started while the database is away
        return new HikariDataSource(config);
    }

    private void stopAtEndOfInput() {
        Thread watch = new Thread(
                () -> {
                    try {
                        while (System.in.read() >= 0) {
                            // Nothing is ever sent.
                        }
                    } catch (IOException e) {
                        // As good as the end.
                    }
                    stopping.set(true);
                },
                "soak-stdin");
        watch.setDaemon(true);
        watch.start();
    }

    /** Returns whether the consumer ended by itself. */
    private boolean run(Deduplicator dedup) throws Exception {
        while (!stopping.get()) {
            try (DedupConsumer consumer = start(dedup)) {
                while (!stopping.get()) {
                    Thread.sleep(100);
                    if (consumer.state().phase() == ConsumerState.Phase.CLOSED) {
                        return true;
                    }
                }
            } catch (DedupException | AlreadyClosedException e) {
                System.err.println("cannot start yet, or not close: " + e);
                Thread.sleep(RETRY_MILLIS);
            }
        }
        return false;
    }

    private ConnectionFactory broker() throws Exception {
        ConnectionFactory factory = new ConnectionFactory();
        factory.setUri(amqpUri);
        factory.setConnectionTimeout(2_000);
        factory.setRequestedHeartbeat(1); // a stall makes the broker take deliveries away that are still in work
        factory.setNetworkRecoveryInterval(300);
        return factory;
    }

    private DedupConsumer start(Deduplicator dedup) throws Exception {
        DedupConsumerBuilder builder = DedupConsumer.builder(broker(), dedup, TestBed.QUEUE)
                .concurrency(WORKERS)
                .prefetch(20)
                .pause(Duration.ofMillis(200), Duration.ofSeconds(2));
        return mode.of(builder).start((tx, delivery) -> effects.handle(tx, delivery, random));
    }

    /** All ways of working share the queue, and each other's redeliveries. */
    private enum Mode {
        ONE_BY_ONE,
        GROUPS,
        LANES;

        DedupConsumerBuilder of(DedupConsumerBuilder builder) {
            return switch (this) {
                case ONE_BY_ONE -> builder;
                case GROUPS -> builder.maxGroup(10);
                case LANES -> builder.maxGroup(10).lane(message -> Message.nameIn(message.body()));
            };
        }
    }
}
