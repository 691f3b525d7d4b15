package io.dedup.proof;

import static io.dedup.rabbit.Shop.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import com.rabbitmq.client.AMQP.BasicProperties;
import com.rabbitmq.client.GetResponse;
import io.dedup.MessageKey;
import io.dedup.NeverRetryException;
import io.dedup.rabbit.Shop;
import java.sql.Connection;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;

/** What is promised, whichever way a message comes in. */
enum ContractRule {
    A_NEW_MESSAGE_IS_PROCESSED_ONCE {
        @Override
        void check(WayIn way, Shop shop) throws Exception {
            try (Consuming it = new Consuming(way, shop, ContractTerms.DEFAULT, (effects, id) -> effects.save())) {
                shop.publish("1");
                it.awaitEffects(1);
            }
            assertThat(shop.keys()).isOne();
        }
    },

    A_REPEATED_MESSAGE_IS_SKIPPED {
        @Override
        void check(WayIn way, Shop shop) throws Exception {
            AtomicInteger runs = new AtomicInteger();
            try (Consuming it = new Consuming(way, shop, ContractTerms.DEFAULT, (effects, id) -> {
                runs.incrementAndGet();
                effects.save();
            })) {
                shop.publish("1");
                it.awaitEffects(1);
                shop.publish("1");
                shop.publish("1");
                shop.publish("2");
                it.awaitEffects(2);
            }
            assertThat(runs).hasValue(2);
            assertThat(shop.doubled()).isZero();
        }
    },

    WHAT_FAILS_ONCE_LEAVES_NOTHING_OF_ITS_FIRST_ATTEMPT {
        @Override
        void check(WayIn way, Shop shop) throws Exception {
            AtomicInteger runs = new AtomicInteger();
            try (Consuming it = new Consuming(way, shop, ContractTerms.DEFAULT, (effects, id) -> {
                effects.save();
                if (runs.incrementAndGet() == 1) {
                    throw new IllegalStateException("card declined");
                }
            })) {
                shop.publish("1");
                it.awaitEffects(1);
            }
            assertThat(runs).hasValue(2);
            assertThat(shop.effects()).isOne();
        }
    },

    WHAT_FAILS_ALWAYS_IS_DEAD_LETTERED_AFTER_ITS_LAST_ATTEMPT {
        @Override
        void check(WayIn way, Shop shop) throws Exception {
            AtomicInteger runs = new AtomicInteger();
            try (Consuming it = new Consuming(way, shop, ContractTerms.DEFAULT.maxAttempts(3), (effects, id) -> {
                runs.incrementAndGet();
                effects.save();
                throw new IllegalStateException("card declined");
            })) {
                shop.publish("1");
                it.awaitDead();
            }
            assertThat(runs).hasValue(3);
            assertThat(shop.effects() + shop.keys()).isZero();
        }
    },

    /** It ran 1,129 times in 5 s, since each redelivery was counted under a key of its own. */
    WHAT_HAS_NO_ID_AND_FAILS_ALWAYS_HAS_AS_MANY_ATTEMPTS {
        @Override
        void check(WayIn way, Shop shop) throws Exception {
            AtomicInteger runs = new AtomicInteger();
            ContractTerms terms = ContractTerms.DEFAULT.unprotectedWithoutId().maxAttempts(3);
            try (Consuming it = new Consuming(way, shop, terms, (effects, id) -> {
                runs.incrementAndGet();
                throw new IllegalStateException("card declined");
            })) {
                shop.publish(new BasicProperties(), "{\"no\": \"id\"}");
                it.awaitDead();
            }
            assertThat(runs).hasValue(3);
            assertThat(shop.count(
                            "SELECT count(*) FROM processed_message_attempt WHERE consumer = '" + shop.queue + "'"))
                    .isLessThanOrEqualTo(1);
        }
    },

    /** Only the outermost exception was looked at. */
    WHAT_IS_NEVER_TO_BE_RETRIED_RUNS_ONCE_ALSO_IF_THAT_IS_A_CAUSE {
        @Override
        void check(WayIn way, Shop shop) throws Exception {
            AtomicInteger runs = new AtomicInteger();
            try (Consuming it = new Consuming(way, shop, ContractTerms.DEFAULT, (effects, id) -> {
                runs.incrementAndGet();
                throw new IllegalStateException("wrapped", new NeverRetryException("card declined"));
            })) {
                shop.publish("1");
                it.awaitDead();
            }
            assertThat(runs).hasValue(1);
        }
    },

    WHAT_HAS_NO_ID_IS_DEAD_LETTERED_AND_HOLDS_UP_NOBODY {
        @Override
        void check(WayIn way, Shop shop) throws Exception {
            AtomicInteger runs = new AtomicInteger();
            try (Consuming it = new Consuming(way, shop, ContractTerms.DEFAULT, (effects, id) -> {
                runs.incrementAndGet();
                effects.save();
            })) {
                shop.publish(new BasicProperties(), "{}");
                shop.publish("1");
                it.awaitEffects(1);
                it.awaitDead();
            }
            assertThat(runs).hasValue(1);
        }
    },

    A_SWALLOWED_SQL_ERROR_IS_A_FAILURE_AND_NO_LOSS {
        @Override
        void check(WayIn way, Shop shop) throws Exception {
            try (Consuming it = new Consuming(way, shop, ContractTerms.DEFAULT.maxAttempts(2), (effects, id) -> {
                effects.save();
                try {
                    effects.write("INSERT INTO no_such_table VALUES (?, ?)");
                } catch (Exception e) {
                    // The transaction is aborted, and nobody has been told.
                }
            })) {
                shop.publish("1");
                it.awaitDead();
            }
            assertThat(shop.effects() + shop.keys()).isZero();
        }
    },

    ANOTHER_BODY_UNDER_AN_OLD_ID_IS_DEAD_LETTERED {
        @Override
        void check(WayIn way, Shop shop) throws Exception {
            try (Consuming it = new Consuming(way, shop, ContractTerms.DEFAULT, (effects, id) -> effects.save())) {
                BasicProperties one =
                        new BasicProperties.Builder().messageId("1").build();
                shop.publish(one, "{\"cents\": 1}");
                it.awaitEffects(1);
                shop.publish(one, "{\"cents\": 2}");
                it.awaitDead();
            }
            assertThat(shop.effects()).isOne();
        }
    },

    /** Not counted: the message has a single attempt. */
    A_KEY_THAT_ANOTHER_TRANSACTION_HOLDS_IS_WAITED_FOR {
        @Override
        void check(WayIn way, Shop shop) throws Exception {
            try (Connection other = shop.pool.getConnection()) {
                other.setAutoCommit(false);
                shop.dedup.claim(other, new MessageKey(shop.queue, "1"));
                try (Consuming it = new Consuming(
                        way, shop, ContractTerms.DEFAULT.maxAttempts(1), (effects, id) -> effects.save())) {
                    shop.publish("1");
                    if (way.holds()) {
                        shop.publish("2");
                        it.awaitEffects(1); // passes
                    }
                    Thread.sleep(500); // in which it is found busy, several times
                    other.rollback();
                    it.awaitEffects(way.holds() ? 2 : 1);
                    assertThat(it.dead()).isZero();
                }
            }
        }
    },

    /** Which is not counted the first time: the message has a single attempt. */
    A_CONNECTION_TO_THE_DATABASE_THAT_BREAKS_LOSES_AND_DOUBLES_NOTHING {
        @Override
        void check(WayIn way, Shop shop) throws Exception {
            AtomicInteger runs = new AtomicInteger();
            try (Consuming it = new Consuming(way, shop, ContractTerms.DEFAULT.maxAttempts(1), (effects, id) -> {
                effects.save();
                if (runs.incrementAndGet() == 1) {
                    effects.write("DELETE FROM orders WHERE queue = ? AND message_id = ?"
                            + " AND pg_terminate_backend(pg_backend_pid())");
                }
            })) {
                shop.publish("1");
                it.awaitEffects(1);
                assertThat(it.dead()).isZero();
            }
            assertThat(shop.effects()).isOne();
        }
    },

    /** Where the application's own policy has the broker return it, its pause is the application's affair. */
    WHAT_WAITS_FOR_ITS_NEXT_ATTEMPT_HOLDS_UP_NOBODY {
        @Override
        boolean appliesTo(WayIn way) {
            return way.holds();
        }

        @Override
        void check(WayIn way, Shop shop) throws Exception {
            ContractTerms terms = ContractTerms.DEFAULT.pause(Duration.ofMinutes(1));
            try (Consuming it = new Consuming(way, shop, terms, (effects, id) -> {
                if ("bad".equals(id)) {
                    throw new IllegalStateException("card declined");
                }
                effects.save();
            })) {
                shop.publish("bad");
                for (int i = 0; i < 50; i++) {
                    shop.publish(String.valueOf(i));
                }
                it.awaitEffects(50); // in less than the first pause
                it.leavesBehind(1);
            }
        }
    };

    boolean appliesTo(WayIn way) {
        return true;
    }

    /** Throws what is not as promised. */
    abstract void check(WayIn way, Shop shop) throws Exception;

    /** A way in at work; at its end the queue must be empty. */
    private static final class Consuming implements AutoCloseable {

        private final Shop shop;
        private final AutoCloseable consumer;
        private int behind;

        Consuming(WayIn way, Shop shop, ContractTerms terms, ContractHandler handler) throws Exception {
            this.shop = shop;
            this.consumer = way.consume(shop, terms, handler);
        }

        void awaitEffects(int count) {
            eventually().until(() -> shop.effects() >= count);
        }

        void awaitDead() {
            eventually().until(() -> dead() == 1);
        }

        long dead() throws Exception {
            return shop.publisher.messageCount(shop.queue + ".dead");
        }

        /** What has begun and is not done goes back to the queue. */
        void leavesBehind(int messages) {
            this.behind = messages;
        }

        @Override
        public void close() throws Exception {
            Thread.sleep(SETTLING_MILLIS);
            consumer.close();
            eventually().until(() -> shop.ready() == behind);
            GetResponse dead = shop.deadLetter();
            if (dead != null) {
                assertThat(dead.getProps().getHeaders()).containsKey("x-dedup-reason");
            }
        }
    }

    private static final long SETTLING_MILLIS = 150;
}
