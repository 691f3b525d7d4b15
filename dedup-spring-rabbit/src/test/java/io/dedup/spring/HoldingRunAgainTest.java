package io.dedup.spring;

import static io.dedup.rabbit.Shop.eventually;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.rabbitmq.client.AMQP.BasicProperties;
import io.dedup.Outcome;
import io.dedup.spring.Listening.Container;
import io.dedup.test.RequiresRabbitMq;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.springframework.amqp.core.AcknowledgeMode;
import org.springframework.amqp.core.Message;
import org.springframework.amqp.core.MessageBuilder;

/** Traps 6 to 9 of containers that hold: a message runs again from here, as it was delivered. */
@Timeout(60)
class HoldingRunAgainTest extends WithListening {

    private final AtomicInteger runs = new AtomicInteger();
    private final List<String> seen = new CopyOnWriteArrayList<>();

    private static String body(Message message) {
        return new String(message.getBody(), UTF_8);
    }

    private void publishBatch(String id, String... bodies) throws Exception {
        ByteBuffer parts = ByteBuffer.allocate(1_000);
        for (String each : bodies) {
            parts.putInt(each.length()).put(each.getBytes(UTF_8));
        }
        BasicProperties properties = new BasicProperties.Builder()
                .messageId(id)
                .headers(Map.of("springBatchFormat", "lengthHeader4", "amqp_batchSize", bodies.length))
                .build();
        byte[] bytes = new byte[parts.position()];
        parts.flip().get(bytes);
        shop.publisher.basicPublish("", shop.queue, properties, bytes);
        shop.publisher.waitForConfirmsOrDie(10_000);
    }

    /** Trap 6: the parts of a batch share one delivery, and a second acknowledgement would close the channel. */
    @ParameterizedTest
    @MethodSource("io.dedup.spring.Listening#kinds")
    void aBatchOfAPublishersIsAcknowledgedOnce(Container container, AcknowledgeMode mode) throws Exception {
        start(container, mode, (message, channel) -> listening.save(body(message)));
        for (int i = 0; i < 5; i++) {
            publishBatch("batch " + i, "first " + i, "second " + i, "third " + i);
        }
        eventually().until(() -> listening.results.size() >= 15);
        listening.assertQueueEmptyAfterStop();
        assertThat(listening.channelErrors()).isEmpty();
        assertThat(listening.results).hasSize(15);
        assertThat(shop.effects()).isEqualTo(15);
    }

    /** Trap 8: the strategy takes the batch's header away, so that a second run would get the raw batch. */
    @ParameterizedTest
    @MethodSource("io.dedup.spring.Listening#kinds")
    void aBatchOfAPublishersThatRunsAgainIsStillABatch(Container container, AcknowledgeMode mode) throws Exception {
        start(container, mode, (message, channel) -> {
            seen.add(body(message));
            if (body(message).equals("second") && runs.incrementAndGet() <= 2) {
                throw new IllegalStateException("not yet");
            }
            listening.save(body(message));
        });
        publishBatch("batch", "first", "second", "third");
        eventually().until(() -> shop.effects() == 3);
        listening.assertQueueEmptyAfterStop();
        assertThat(seen).containsOnly("first", "second", "third");
        assertThat(shop.doubled()).isZero();
        assertThat(listening.channelErrors()).isEmpty();
    }

    /** Only the part that fails is dead-lettered, and nothing of the others is processed twice. */
    @ParameterizedTest
    @MethodSource("io.dedup.spring.Listening#kinds")
    @RequiresRabbitMq
    void aPartOfABatchThatFailsForGoodIsDeadLetteredAndItsNeighboursAreProcessed(
            Container container, AcknowledgeMode mode) throws Exception {
        listening.with(protection -> protection.maxAttempts(2));
        start(container, mode, (message, channel) -> {
            if (body(message).equals("bad")) {
                runs.incrementAndGet();
                throw new IllegalStateException("card declined");
            }
            listening.save(body(message));
        });
        publishBatch("batch", "first", "bad", "third");
        eventually().until(() -> listening.dead() == 1);
        listening.assertQueueEmptyAfterStop();
        assertThat(runs).hasValue(2);
        assertThat(shop.effects()).isEqualTo(2);
        assertThat(new String(shop.deadLetter().getBody(), UTF_8)).isEqualTo("bad");
        assertThat(listening.channelErrors()).isEmpty();
    }

    /** Trap 8: what a handler does to its message is not seen by its next run. */
    @ParameterizedTest
    @MethodSource("io.dedup.spring.Listening#kinds")
    void whatAHandlerDoesToItsMessageIsNotSeenByTheNextRun(Container container, AcknowledgeMode mode) throws Exception {
        start(container, mode, (message, channel) -> {
            seen.add(body(message) + message.getMessageProperties().getHeader("tenant"));
            message.getBody()[0] = '?';
            message.getMessageProperties().setHeader("tenant", "nobody");
            message.getMessageProperties().setMessageId("other");
            if (runs.incrementAndGet() < 3) {
                throw new IllegalStateException("not yet");
            }
            listening.save("1");
        });
        shop.publish(
                new BasicProperties.Builder()
                        .messageId("1")
                        .headers(Map.of("tenant", "acme"))
                        .build(),
                "body ");
        eventually().until(() -> shop.keys() == 1);
        listening.assertQueueEmptyAfterStop();
        assertThat(seen).containsExactly("body acme", "body acme", "body acme");
    }

    /** Trap 7: such a message would never be settled in a direct container, and restart a simple one's consumer for ever. */
    @ParameterizedTest
    @MethodSource("io.dedup.spring.Listening#kinds")
    void aPostProcessorThatThrowsIsAFailedAttempt(Container container, AcknowledgeMode mode) throws Exception {
        AtomicInteger thrown = new AtomicInteger();
        listening.factory(factory -> factory.setAfterReceivePostProcessors(message -> {
            if (id(message).equals("zipped") && thrown.incrementAndGet() < 3) {
                throw new IllegalStateException("cannot unzip");
            }
            return message;
        }));
        start(container, mode, (message, channel) -> {
            runs.incrementAndGet();
            save(message);
        });
        shop.publish("zipped");
        publishAll("other ", 5);
        eventually().until(() -> shop.keys() == 6);
        listening.assertQueueEmptyAfterStop();
        assertThat(thrown).hasValue(3);
        assertThat(runs).hasValue(6);
        assertThat(shop.doubled()).isZero();
    }

    @ParameterizedTest
    @MethodSource("io.dedup.spring.Listening#kinds")
    @RequiresRabbitMq
    void aMessageWhosePostProcessorAlwaysThrowsIsDeadLetteredAsItCame(Container container, AcknowledgeMode mode)
            throws Exception {
        AtomicInteger thrown = new AtomicInteger();
        listening
                .with(protection -> protection.maxAttempts(3))
                .factory(factory -> factory.setAfterReceivePostProcessors(message -> {
                    thrown.incrementAndGet();
                    throw new IllegalStateException("cannot unzip");
                }));
        start(container, mode, (message, channel) -> save(message));
        shop.publish("zipped");
        eventually().until(() -> listening.dead() == 1);
        listening.assertQueueEmptyAfterStop();
        assertThat(thrown).hasValue(3);
        var dead = shop.deadLetter();
        assertThat(dead.getProps().getMessageId()).isEqualTo("zipped");
        assertThat(dead.getBody()).isEqualTo("{}".getBytes(UTF_8));
        assertThat(dead.getProps().getHeaders().get("x-dedup-exception-message"))
                .hasToString("cannot unzip");
    }

    /** Traps 7 and 8: once for each run, and on the message as it was delivered. */
    @ParameterizedTest
    @MethodSource("io.dedup.spring.Listening#kinds")
    void postProcessorsSeeTheMessageAsItWasDeliveredInEachRun(Container container, AcknowledgeMode mode)
            throws Exception {
        listening.factory(factory -> factory.setAfterReceivePostProcessors(
                message -> MessageBuilder.withBody((body(message) + "!").getBytes(UTF_8))
                        .andProperties(message.getMessageProperties())
                        .build()));
        start(container, mode, (message, channel) -> {
            seen.add(body(message));
            if (runs.incrementAndGet() < 3) {
                throw new IllegalStateException("not yet");
            }
            save(message);
        });
        shop.publish("1");
        eventually().until(() -> shop.keys() == 1);
        listening.assertQueueEmptyAfterStop();
        assertThat(seen).containsExactly("{}!", "{}!", "{}!");
    }

    /** Trap 9: Spring's default for an Error is to end the process. */
    @ParameterizedTest
    @MethodSource("io.dedup.spring.Listening#kinds")
    void anErrorOutOfTheHandlerIsAFailedAttempt(Container container, AcknowledgeMode mode) throws Exception {
        start(container, mode, (message, channel) -> {
            save(message);
            switch (runs.incrementAndGet()) {
                case 1 -> throw new StackOverflowError("too deep");
                case 2 -> throw new NoClassDefFoundError("gone");
                default -> {}
            }
        });
        shop.publish("1");
        shop.publish("2");
        eventually().until(() -> shop.keys() == 2);
        listening.assertQueueEmptyAfterStop();
        assertThat(shop.effects()).isEqualTo(2);
        assertThat(listening.outcomes(Outcome.FAILED)).isEqualTo(2);
    }

    /** One that was in the first run is the same in the next: its tag, its queue, its redelivered flag. */
    @ParameterizedTest
    @MethodSource("io.dedup.spring.Listening#kinds")
    void aMessageRunsAgainWithItsTagAndItsQueue(Container container, AcknowledgeMode mode) throws Exception {
        listening.with(protection -> protection.pause(Duration.ofMillis(50), Duration.ofMillis(50)));
        start(container, mode, (message, channel) -> {
            var properties = message.getMessageProperties();
            seen.add(properties.getDeliveryTag() + " " + properties.getConsumerQueue() + " "
                    + properties.getConsumerTag() + " " + properties.isRedelivered());
            if (runs.incrementAndGet() < 4) {
                throw new IllegalStateException("not yet");
            }
            save(message);
        });
        shop.publish("1");
        eventually().until(() -> shop.keys() == 1);
        listening.assertQueueEmptyAfterStop();
        assertThat(seen).hasSize(4);
        assertThat(seen.stream().distinct()).hasSize(1);
        assertThat(seen.get(0)).startsWith("1 " + shop.queue).endsWith("false");
    }
}
