package io.dedup.rabbit;

import static io.dedup.rabbit.Shop.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import com.rabbitmq.client.BuiltinExchangeType;
import io.dedup.ConsumerState;
import io.dedup.DifferentBody;
import io.dedup.MessageIdResolver;
import io.dedup.test.RequiresRabbitMq;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(90)
class DedupConsumerTest extends WithShop {

    @Test
    void publisherDuplicatesAreProcessedOnce() throws Exception {
        for (int i = 0; i < 50; i++) {
            shop.publish("order " + i);
            shop.publish("order " + i % 10);
        }
        try (DedupConsumer consumer = shop.consumer().concurrency(4).start(shop.save())) {
            shop.awaitDone(100);
            shop.assertEmptyAfter(consumer);
        }
        assertThat(shop.effects()).isEqualTo(50);
        assertThat(shop.doubled()).isZero();
    }

    @Test
    void twoQueuesFedByOneExchangeProcessTheSameIdOnceEach() throws Exception {
        String exchange = "exchange-" + shop.queue;
        String other = "other-" + shop.queue;
        shop.declare(other);
        shop.publisher.exchangeDeclare(exchange, BuiltinExchangeType.FANOUT, false, true, null);
        shop.publisher.queueBind(shop.queue, exchange, "");
        shop.publisher.queueBind(other, exchange, "");
        var properties = new com.rabbitmq.client.AMQP.BasicProperties.Builder()
                .messageId("1")
                .build();
        AtomicInteger first = new AtomicInteger();
        AtomicInteger second = new AtomicInteger();
        try (DedupConsumer one = shop.consumer().start((tx, delivery) -> first.incrementAndGet());
                DedupConsumer two = DedupConsumer.builder(shop.connection, shop.publishing, shop.dedup, other)
                        .start((tx, delivery) -> second.incrementAndGet())) {
            shop.publisher.basicPublish(exchange, "", properties, new byte[0]);
            shop.publisher.basicPublish(exchange, "", properties, new byte[0]);
            shop.awaitDone(4);
            one.close();
            two.close();
            assertThat(shop.ready()).isZero();
            assertThat(shop.publisher.messageCount(other)).isZero();
        } finally {
            shop.publisher.queueDelete(other);
            shop.publisher.queueDelete(other + ".dead");
        }
        assertThat(first).hasValue(1);
        assertThat(second).hasValue(1);
    }

    @Test
    void aFailedMessageComesAgainAndOthersPassItMeanwhile() throws Exception {
        AtomicInteger failures = new AtomicInteger();
        List<String> order = new ArrayList<>();
        try (DedupConsumer consumer = shop.consumer()
                .pause(Duration.ofMillis(500), Duration.ofSeconds(1))
                .start((tx, delivery) -> {
                    String id = delivery.getProperties().getMessageId();
                    if (id.equals("bad") && failures.getAndIncrement() < 2) {
                        throw new IllegalStateException("not yet");
                    }
                    order.add(id);
                    shop.save(tx, id);
                })) {
            shop.publish("bad");
            shop.publish("good");
            eventually().until(() -> shop.effects() == 2);
            shop.assertEmptyAfter(consumer);
        }
        assertThat(order).containsExactly("good", "bad");
        assertThat(failures).hasValue(3);
    }

    @Test
    void pausesGrow() throws Exception {
        List<Long> times = new ArrayList<>();
        try (DedupConsumer consumer = shop.consumer()
                .pause(Duration.ofMillis(100), Duration.ofSeconds(10))
                .start((tx, delivery) -> {
                    times.add(System.nanoTime());
                    if (times.size() < 5) {
                        throw new IllegalStateException("attempt " + times.size());
                    }
                })) {
            shop.publish("1");
            eventually().until(() -> times.size() == 5);
            shop.assertEmptyAfter(consumer);
        }
        long first = times.get(1) - times.get(0);
        long fourth = times.get(4) - times.get(3);
        assertThat(fourth)
                .as("nanoseconds, after %d", first)
                .isGreaterThan(Duration.ofMillis(500).toNanos());
    }

    @Test
    void whatHasNoIdIsDeadLetteredWithItsReasonAndNeverHashedTogether() throws Exception {
        AtomicInteger runs = new AtomicInteger();
        try (DedupConsumer consumer = shop.consumer().start((tx, delivery) -> runs.incrementAndGet())) {
            for (String id : new String[] {null, "", "  ", "x".repeat(200) + "\0"}) {
                shop.publish(
                        new com.rabbitmq.client.AMQP.BasicProperties.Builder()
                                .messageId(id)
                                .build(),
                        "body");
                eventually().until(() -> shop.publisher.messageCount(shop.queue + ".dead") == 1);
                var dead = shop.deadLetter();
                assertThat(new String(dead.getBody(), java.nio.charset.StandardCharsets.UTF_8))
                        .isEqualTo("body");
                assertThat(dead.getProps().getDeliveryMode()).isEqualTo(2);
                assertThat(dead.getProps().getHeaders().get("x-dedup-reason").toString())
                        .contains(id == null || id.isBlank() ? "missing message ID" : "unusable message ID");
            }
            shop.assertEmptyAfter(consumer);
        }
        assertThat(runs).hasValue(0);
        assertThat(shop.keys()).isZero();
    }

    @Test
    void anotherBodyUnderAnOldIdIsDeadLettered() throws Exception {
        try (DedupConsumer consumer =
                shop.consumer().onDifferentBody(DifferentBody.DEAD_LETTER).start(shop.save())) {
            var properties = new com.rabbitmq.client.AMQP.BasicProperties.Builder()
                    .messageId("1")
                    .build();
            shop.publish(properties, "ten euros");
            shop.publish(properties, "ten euros");
            shop.publish(properties, "a thousand euros");
            shop.awaitDone(3);
            eventually().until(() -> shop.publisher.messageCount(shop.queue + ".dead") == 1);
            shop.assertEmptyAfter(consumer);
        }
        assertThat(shop.effects()).isOne();
        assertThat(shop.deadLetter()
                        .getProps()
                        .getHeaders()
                        .get("x-dedup-reason")
                        .toString())
                .contains("another body");
    }

    @Test
    @RequiresRabbitMq // which returns what it cannot route and lets the channel live
    void aDeadLetterThatCannotBePublishedStaysInItsQueue() throws Exception {
        try (DedupConsumer consumer = shop.consumer().start(shop.save())) {
            shop.publisher.queueDelete(shop.queue + ".dead");
            shop.publish(new com.rabbitmq.client.AMQP.BasicProperties.Builder().build(), "no ID, no way out");
            eventually().during(Duration.ofMillis(500)).until(() -> shop.ready() == 0); // held
            consumer.close();
        }
        eventually().until(() -> shop.ready() == 1);
    }

    @Test
    void unackedPrefetchedMessagesGoToAnotherConsumerWhileTheFirstIsStillInItsHandler() throws Exception {
        CountDownLatch inHandler = new CountDownLatch(1);
        CountDownLatch release = new CountDownLatch(1);
        AtomicInteger runs = new AtomicInteger();
        var firstConnection = Shop.recovering(broker(shop));
        DeliveryHandler slow = (tx, delivery) -> {
            runs.incrementAndGet();
            shop.save(tx, delivery.getProperties().getMessageId());
            inHandler.countDown();
            release.await();
        };
        for (int i = 0; i < 20; i++) {
            shop.publish("order " + i);
        }
        AtomicInteger asked = new AtomicInteger();
        MessageIdResolver counting = message -> {
            asked.incrementAndGet();
            return (String) message.property("message-id");
        };
        DedupConsumer first = shop.consumer(firstConnection).messageId(counting).start(slow);
        inHandler.await();
        firstConnection.abort(); // its 20 messages go back while the first of them is in work
        try (DedupConsumer second = shop.consumer().start(shop.save())) {
            eventually().until(() -> shop.effects() == 19); // the twentieth is busy: uncommitted in the first
            release.countDown();
            shop.awaitDone(21); // the twentieth comes to the second again after a pause, as a duplicate
            first.close();
            shop.assertEmptyAfter(second);
        }
        assertThat(shop.effects()).isEqualTo(20);
        assertThat(shop.doubled()).isZero();
        assertThat(runs).hasValue(1);
        assertThat(asked)
                .as("what the dead channel had prefetched was dropped before work")
                .hasValue(1);
        assertThat(first.state().phase()).isEqualTo(ConsumerState.Phase.CLOSED);
    }

    @Test
    void anInterruptThatAHandlerLeavesBehindIsNotTheNextMessages() throws Exception {
        AtomicInteger runs = new AtomicInteger();
        try (DedupConsumer consumer = shop.consumer().start((tx, delivery) -> {
            switch (runs.incrementAndGet()) {
                case 1 -> throw new InterruptedException("a handler's own");
                case 2 -> Thread.currentThread().interrupt();
                default -> {}
            }
            shop.save(tx, delivery.getProperties().getMessageId());
        })) {
            shop.publish("1");
            shop.publish("2");
            shop.publish("3");
            eventually().until(() -> shop.effects() == 3);
            assertThat(consumer.state().phase()).isEqualTo(ConsumerState.Phase.RUNNING);
            shop.assertEmptyAfter(consumer);
        }
    }

    @Test
    void closeFinishesWhatIsInWorkAndTakesNothingNew() throws Exception {
        CountDownLatch inHandler = new CountDownLatch(1);
        AtomicBoolean closed = new AtomicBoolean();
        for (int i = 0; i < 10; i++) {
            shop.publish("order " + i);
        }
        DedupConsumer consumer = shop.consumer().start((tx, delivery) -> {
            inHandler.countDown();
            Thread.sleep(500);
            assertThat(closed).isFalse();
            shop.save(tx, delivery.getProperties().getMessageId());
        });
        inHandler.await();
        consumer.close();
        closed.set(true);
        assertThat(consumer.state().phase()).isEqualTo(ConsumerState.Phase.CLOSED);
        assertThat(shop.effects()).isOne();
        eventually().until(() -> shop.ready() == 9);
    }

    @Test
    void closeInterruptsWhatDoesNotEndInTimeAndItsMessageComesAgain() throws Exception {
        CountDownLatch inHandler = new CountDownLatch(1);
        shop.publish("1");
        DedupConsumer consumer = shop.consumer().start((tx, delivery) -> {
            shop.save(tx, "1");
            inHandler.countDown();
            Thread.sleep(60_000);
        });
        inHandler.await();
        consumer.close(Duration.ofMillis(200));
        assertThat(consumer.state().phase()).isEqualTo(ConsumerState.Phase.CLOSED);
        assertThat(shop.effects() + shop.keys()).isZero();
        eventually().until(() -> shop.ready() == 1);
    }

    private static com.rabbitmq.client.ConnectionFactory broker(Shop shop) {
        return shop.broker().connectionFactory();
    }

    @Test
    void anInterruptThatComesAfterItsHandlerEndsNoWorker() throws Exception {
        AtomicReference<Thread> worker = new AtomicReference<>();
        try (DedupConsumer consumer = shop.consumer().start((tx, delivery) -> {
            worker.set(Thread.currentThread());
            shop.save(tx, delivery.getProperties().getMessageId());
        })) {
            for (int i = 1; i <= 3; i++) {
                int effects = i;
                shop.publish("order " + i);
                eventually().until(() -> shop.effects() == effects);
                Thread.sleep(100); // until it waits for the next one
                worker.get().interrupt();
            }
            Thread.sleep(100);
            assertThat(consumer.state().phase()).isEqualTo(ConsumerState.Phase.RUNNING);
            shop.assertEmptyAfter(consumer);
        }
        assertThat(worker.get().isAlive()).as("after close()").isFalse();
    }
}
