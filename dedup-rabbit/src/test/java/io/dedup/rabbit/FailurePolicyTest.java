package io.dedup.rabbit;

import static io.dedup.rabbit.Shop.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import com.rabbitmq.client.AMQP.BasicProperties;
import com.rabbitmq.client.GetResponse;
import io.dedup.DifferentBody;
import io.dedup.MessageKey;
import io.dedup.MissingId;
import io.dedup.NeverRetryException;
import io.dedup.test.RequiresRabbitMq;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(90)
@SuppressWarnings("JavaUtilDate") // AMQP speaks it
class FailurePolicyTest extends WithShop {

    private final AtomicInteger runs = new AtomicInteger();

    private void failing(java.sql.Connection tx, String id) throws Exception {
        runs.incrementAndGet();
        shop.save(tx, id);
        throw new IllegalArgumentException("card declined");
    }

    @Test
    void afterTheLastAttemptTheMessageIsPutAsideAndSaysWhy() throws Exception {
        try (DedupConsumer consumer = shop.consumer().maxAttempts(3).start((tx, delivery) -> failing(tx, "1"))) {
            Map<String, Object> own = Map.of("tenant", "acme");
            shop.publish(
                    new BasicProperties.Builder().messageId("1").headers(own).build(), "body");
            GetResponse dead = awaitDeadLetter();
            Map<String, Object> headers = dead.getProps().getHeaders();
            assertThat(dead.getProps().getMessageId()).isEqualTo("1");
            assertThat(headers.get("tenant")).hasToString("acme");
            assertThat(headers.get("x-dedup-reason")).hasToString("the handler failed 3 times");
            assertThat(headers.get("x-dedup-attempts")).isEqualTo(3);
            assertThat(headers.get("x-dedup-exception")).hasToString("java.lang.IllegalArgumentException");
            assertThat(headers.get("x-dedup-exception-message")).hasToString("card declined");
            assertThat(headers.get("x-dedup-stack-trace").toString()).contains("FailurePolicyTest.failing");
            assertThat(headers.get("x-dedup-consumer")).hasToString(shop.queue);
            assertThat(headers.get("x-dedup-exchange")).hasToString("");
            assertThat(headers.get("x-dedup-routing-key")).hasToString(shop.queue);
            Instant first = Instant.parse(headers.get("x-dedup-first-failure").toString());
            Instant last = Instant.parse(headers.get("x-dedup-last-failure").toString());
            assertThat(first).isBefore(last);
            shop.assertEmptyAfter(consumer);
        }
        assertThat(runs).hasValue(3);
        assertThat(shop.effects() + shop.keys() + attempts()).isZero();
    }

    @Test
    void attemptsAreCountedBeyondTheRollbackAndTheProcess() throws Exception {
        shop.publish("1");
        try (DedupConsumer before = shop.consumer().pause(ofHour(), ofHour()).start((tx, d) -> failing(tx, "1"))) {
            eventually().until(() -> attempts() == 1);
            before.close();
        }
        try (DedupConsumer after = shop.consumer().maxAttempts(2).start((tx, delivery) -> failing(tx, "1"))) {
            assertThat(awaitDeadLetter().getProps().getHeaders().get("x-dedup-attempts"))
                    .isEqualTo(2);
            shop.assertEmptyAfter(after);
        }
        assertThat(runs).hasValue(2);
    }

    @Test
    void successEndsTheCount() throws Exception {
        try (DedupConsumer consumer = shop.consumer().start((tx, delivery) -> {
            if (runs.incrementAndGet() < 4) {
                throw new IllegalStateException();
            }
            assertThat(attempts()).as("until the commit").isEqualTo(3);
            shop.save(tx, "1");
        })) {
            shop.publish("1");
            eventually().until(() -> shop.effects() == 1);
            shop.assertEmptyAfter(consumer);
        }
        assertThat(attempts()).isZero();
    }

    @Test
    void aHandlerCanSayThatNoOtherAttemptHelps() throws Exception {
        try (DedupConsumer consumer = shop.consumer()
                .neverRetry(failure -> failure instanceof UnsupportedOperationException)
                .start((tx, delivery) -> {
                    runs.incrementAndGet();
                    throw delivery.getProperties().getMessageId().equals("1")
                            ? new NeverRetryException("not even an order")
                            : new UnsupportedOperationException();
                })) {
            shop.publish("1");
            assertThat(awaitDeadLetter().getProps().getHeaders().get("x-dedup-exception-message"))
                    .hasToString("not even an order");
            shop.publish("2");
            awaitDeadLetter();
            shop.assertEmptyAfter(consumer);
        }
        assertThat(runs).hasValue(2);
    }

    /** Only the top exception was looked at once, and the message was tried five times. */
    @Test
    void theCausesOfAFailureAreAskedTooWhetherAnotherAttemptHelps() throws Exception {
        try (DedupConsumer consumer = shop.consumer().start((tx, delivery) -> {
            runs.incrementAndGet();
            throw new IllegalStateException("wrapped", new NeverRetryException("not even an order"));
        })) {
            shop.publish("1");
            awaitDeadLetter();
            shop.assertEmptyAfter(consumer);
        }
        assertThat(runs).hasValue(1);
    }

    @Test
    void aBusyMessageIsNoFailure() throws Exception {
        MessageKey key = new MessageKey(shop.queue, "1");
        try (var other = shop.pool.getConnection();
                DedupConsumer consumer = shop.consumer().maxAttempts(1).start(shop.save())) {
            other.setAutoCommit(false);
            shop.dedup.claim(other, key);
            shop.publish("1");
            Thread.sleep(2_500); // beyond the bounded wait
            other.rollback();
            eventually().until(() -> shop.effects() == 1);
            shop.assertEmptyAfter(consumer);
        }
        assertThat(shop.deadLetter()).isNull();
    }

    @Test
    @RequiresRabbitMq
    void theBrokersOwnDeadLetterExchangeCanBeUsed() throws Exception {
        shop.publisher.queueDelete(shop.queue);
        shop.publisher.queueDeclare(shop.queue + ".dead", true, false, false, null);
        shop.publisher.queueDeclare(
                shop.queue,
                true,
                false,
                false,
                Map.of("x-dead-letter-exchange", "", "x-dead-letter-routing-key", shop.queue + ".dead"));
        try (DedupConsumer consumer =
                shop.consumer().deadLetterByBroker().maxAttempts(2).start((tx, delivery) -> failing(tx, "1"))) {
            shop.publish("1");
            assertThat(awaitDeadLetter().getProps().getHeaders())
                    .containsKey("x-death")
                    .doesNotContainKey("x-dedup-reason");
            shop.assertEmptyAfter(consumer);
        }
        assertThat(runs).hasValue(2);
    }

    @Test
    void aMessageWithoutIdCanBeProcessedUnprotectedAndIsCounted() throws Exception {
        try (DedupConsumer consumer = shop.consumer()
                .onMissingId(MissingId.PROCESS_UNPROTECTED)
                .start((tx, delivery) -> shop.save(tx, "none"))) {
            shop.publish(new BasicProperties(), "a");
            shop.publish(new BasicProperties(), "a");
            eventually().until(() -> shop.effects() == 2);
            assertThat(consumer.unprotected()).isEqualTo(2);
            shop.assertEmptyAfter(consumer);
        }
    }

    @Test
    void anUnprotectedMessageHasItsAttemptsTooAndIsPutAsideAfterThem() throws Exception {
        try (DedupConsumer consumer = shop.consumer()
                .onMissingId(MissingId.PROCESS_UNPROTECTED)
                .maxAttempts(2)
                .start((tx, delivery) -> failing(tx, "none"))) {
            shop.publish(new BasicProperties(), "a");
            assertThat(awaitDeadLetter().getProps().getHeaders().get("x-dedup-attempts"))
                    .isEqualTo(2);
            shop.assertEmptyAfter(consumer);
        }
        assertThat(runs).hasValue(2);
        assertThat(attempts()).isZero();
    }

    /** An error that looks like the database's trouble, but only this message's statements hit it. */
    @Test
    void aMessageThatBringsTheDatabaseIntoTroubleIsPutAsideAndItsNeighboursAreProcessed() throws Exception {
        try (DedupConsumer consumer = shop.consumer().maxAttempts(3).start((tx, delivery) -> {
            String id = delivery.getProperties().getMessageId();
            if (id.equals("0")) {
                runs.incrementAndGet();
                throw new java.sql.SQLException("temporary file size exceeds temp_file_limit", "53400");
            }
            shop.save(tx, id);
        })) {
            for (int i = 0; i < 6; i++) {
                shop.publish(String.valueOf(i));
            }
            eventually().until(() -> shop.effects() == 5);
            assertThat(awaitDeadLetter().getProps().getMessageId()).isEqualTo("0");
            shop.assertEmptyAfter(consumer);
        }
        assertThat(runs)
                .as("one that may have been the database's, and three that count")
                .hasValue(4);
    }

    @Test
    void copiesRoutedByHeaderAndForeignUsersCanBePutAside() throws Exception {
        try (DedupConsumer consumer = shop.consumer().maxAttempts(1).start((tx, delivery) -> failing(tx, "1"))) {
            Map<String, Object> routed = Map.of("CC", java.util.List.of(shop.queue));
            shop.publish(
                    new BasicProperties.Builder()
                            .messageId("1")
                            .headers(routed)
                            .userId("guest")
                            .build(),
                    "");
            GetResponse dead = awaitDeadLetter();
            assertThat(dead.getProps().getUserId()).isNull();
            assertThat(dead.getProps().getHeaders()).doesNotContainKey("CC").containsKey("x-dedup-cc");
            assertThat(dead.getProps().getHeaders().get("x-dedup-user-id")).hasToString("guest");
            Thread.sleep(500);
            shop.assertEmptyAfter(consumer);
        }
        assertThat(runs).hasValueLessThan(3); // CC had the original itself in the queue twice
    }

    @Test
    void anotherBodyUnderAnOldIdCanBeSkippedOrProcessedOnce() throws Exception {
        BasicProperties one = new BasicProperties.Builder().messageId("1").build();
        try (DedupConsumer consumer =
                shop.consumer().onDifferentBody(DifferentBody.SKIP).start(shop.save())) {
            shop.publish(one, "a");
            shop.publish(one, "b");
            shop.awaitDone(2);
            shop.assertEmptyAfter(consumer);
        }
        assertThat(shop.effects()).isOne();
        try (DedupConsumer consumer =
                shop.consumer().onDifferentBody(DifferentBody.PROCESS).start(shop.save())) {
            shop.publish(one, "b");
            shop.publish(one, "b");
            shop.publish(one, "a");
            shop.awaitDone(7); // two before; each new body is looked up under its ID first
            shop.assertEmptyAfter(consumer);
        }
        assertThat(shop.effects()).isEqualTo(2);
        assertThat(shop.deadLetter()).isNull();
    }

    @Test
    void aMessageOlderThanTheLimitIsPutAsideUnlessItIsRecognised() throws Exception {
        Date old = Date.from(Instant.now().minus(Duration.ofDays(8)));
        try (DedupConsumer consumer = shop.consumer().maxAge(Duration.ofDays(7)).start(shop.save())) {
            shop.publish("known");
            eventually().until(() -> shop.effects() == 1);
            shop.publish(
                    new BasicProperties.Builder()
                            .messageId("known")
                            .timestamp(old)
                            .build(),
                    "");
            shop.publish(
                    new BasicProperties.Builder()
                            .messageId("forgotten?")
                            .timestamp(old)
                            .build(),
                    "");
            GetResponse dead = awaitDeadLetter();
            assertThat(dead.getProps().getMessageId()).isEqualTo("forgotten?");
            assertThat(dead.getProps().getHeaders().get("x-dedup-reason").toString())
                    .startsWith("too old");
            shop.assertEmptyAfter(consumer);
        }
        assertThat(shop.effects()).isOne();
        assertThat(shop.deadLetter()).isNull();
    }

    @Test
    void deadLettersAreReplayedWithTheirIdAndHeadersAndAllTheirAttempts() throws Exception {
        AtomicBoolean mended = new AtomicBoolean();
        try (DedupConsumer consumer = shop.consumer().maxAttempts(2).start((tx, delivery) -> {
            runs.incrementAndGet();
            if (!mended.get() || runs.get() == 3) {
                throw new IllegalStateException("still broken");
            }
            assertThat(delivery.getProperties().getHeaders().keySet())
                    .contains("tenant")
                    .noneMatch(name -> name.startsWith("x-dedup-"));
            shop.save(tx, delivery.getProperties().getMessageId());
        })) {
            Map<String, Object> own = Map.of("tenant", "acme");
            shop.publish(
                    new BasicProperties.Builder().messageId("1").headers(own).build(), "body");
            eventually().until(() -> shop.publisher.messageCount(shop.queue + ".dead") == 1);
            mended.set(true);
            assertThat(DeadLetterReplay.run(shop.connection, shop.queue + ".dead", shop.queue))
                    .isOne();
            eventually().until(() -> shop.effects() == 1); // at its second attempt after the replay
            shop.assertEmptyAfter(consumer);
        }
        assertThat(runs).hasValue(4);
        assertThat(shop.deadLetter()).isNull();
    }

    private static Duration ofHour() {
        return Duration.ofMinutes(19);
    }

    private long attempts() {
        return shop.count("SELECT coalesce(sum(attempts), 0) FROM processed_message_attempt AS a WHERE consumer = '"
                + shop.queue + "'" + Shop.NOT_PROCESSED);
    }

    private GetResponse awaitDeadLetter() throws Exception {
        eventually().until(() -> shop.publisher.messageCount(shop.queue + ".dead") == 1);
        return shop.deadLetter();
    }
}
