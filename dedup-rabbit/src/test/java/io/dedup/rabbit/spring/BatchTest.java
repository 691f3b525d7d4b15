package io.dedup.rabbit.spring;

import static io.dedup.rabbit.Shop.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import com.rabbitmq.client.AMQP.BasicProperties;
import io.dedup.Outcome;
import io.dedup.rabbit.spring.Listening.Container;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.springframework.amqp.core.AcknowledgeMode;
import org.springframework.amqp.core.Message;
import org.springframework.amqp.rabbit.config.SimpleRabbitListenerContainerFactory;

/** Lists of messages, made by the consumer or by the publisher. */
@Timeout(60)
class BatchTest extends WithListening {

    private final List<List<String>> calls = new CopyOnWriteArrayList<>();

    static class Batches {
        private final Consumer<List<Message>> handler;

        Batches(Consumer<List<Message>> handler) {
            this.handler = handler;
        }

        @DedupRabbitListener(queues = "${queue}", batch = "true", autoStartup = "false")
        void on(List<Message> messages) {
            handler.accept(messages);
        }
    }

    private void save(List<Message> messages) {
        Dedup.assertActive();
        calls.add(messages.stream().map(BatchTest::id).toList());
        messages.forEach(message -> listening.save(id(message)));
    }

    private static String id(Message message) {
        return message.getMessageProperties().getMessageId();
    }

    private void consumeInBatches(AcknowledgeMode mode, Consumer<List<Message>> handler) {
        listening
                .in(Container.SIMPLE, mode)
                .factory(factory -> {
                    var simple = (SimpleRabbitListenerContainerFactory) factory;
                    simple.setConsumerBatchEnabled(true);
                    simple.setBatchSize(10);
                    simple.setReceiveTimeout(500L);
                })
                .start(new Batches(handler));
    }

    @ParameterizedTest
    @EnumSource(
            value = AcknowledgeMode.class,
            names = {"AUTO", "MANUAL"})
    void onlyTheNewOnesOfABatchAreHandedOver(AcknowledgeMode mode) throws Exception {
        consumeInBatches(mode, this::save);
        for (String id : List.of("1", "2", "1", "3")) {
            shop.publish(id);
        }
        listening.registry().start();
        listening.registry().getListenerContainers().forEach(container -> container.start());
        eventually().until(() -> listening.results.size() == 4);
        for (String id : List.of("3", "2", "4")) {
            shop.publish(id);
        }
        eventually().until(() -> listening.results.size() == 7);
        shop.publish("1");
        eventually().until(() -> listening.results.size() == 8);
        listening.assertQueueEmptyAfterStop();
        assertThat(calls.stream().flatMap(List::stream)).containsExactly("1", "2", "3", "4");
        assertThat(calls.get(0)).containsExactly("1", "2", "3");
        assertThat(shop.effects()).isEqualTo(4);
    }

    @ParameterizedTest
    @EnumSource(
            value = AcknowledgeMode.class,
            names = {"AUTO", "MANUAL"})
    void oneOfABatchThatFailsComesAgainAndTheOthersAreDone(AcknowledgeMode mode) throws Exception {
        CountDownLatch repaired = new CountDownLatch(1);
        consumeInBatches(mode, messages -> {
            save(messages);
            if (repaired.getCount() > 0
                    && messages.stream().anyMatch(message -> id(message).equals("bad"))) {
                throw new IllegalStateException("one of them is bad");
            }
        });
        for (String id : List.of("1", "bad", "2")) {
            shop.publish(id);
        }
        listening.registry().getListenerContainers().forEach(container -> container.start());
        eventually().until(() -> shop.keys() == 2);
        repaired.countDown();
        eventually().until(() -> shop.keys() == 3);
        listening.assertQueueEmptyAfterStop();
        assertThat(shop.effects()).isEqualTo(3);
        assertThat(shop.doubled()).isZero();
    }

    static class Singly {
        private final Consumer<Message> handler;

        Singly(Consumer<Message> handler) {
            this.handler = handler;
        }

        @DedupRabbitListener(queues = "${queue}")
        void on(Message message) {
            handler.accept(message);
        }
    }

    /** They share all properties, and so the ID. */
    @ParameterizedTest
    @EnumSource(
            value = AcknowledgeMode.class,
            names = {"AUTO", "MANUAL"})
    void thePartsOfABatchingPublishersMessageAreToldApart(AcknowledgeMode mode) throws Exception {
        boolean[] failed = new boolean[1];
        listening.in(Container.SIMPLE, mode).start(new Singly(message -> {
            String body = new String(message.getBody(), StandardCharsets.UTF_8);
            if (body.equals("second") && !failed[0]) {
                failed[0] = true;
                throw new IllegalStateException("once");
            }
            listening.save(body);
        }));
        publishBatch("batch 1", "first", "second", "third");
        eventually().until(() -> shop.effects() == 3);
        publishBatch("batch 1", "first", "second", "third");
        eventually().until(() -> listening.outcomes(Outcome.DUPLICATE) == 4);
        listening.assertQueueEmptyAfterStop();
        assertThat(shop.effects()).isEqualTo(3);
        assertThat(shop.doubled()).isZero();
    }

    @Test
    void thePartsOfABatchingPublishersMessageAreAListForABatchListener() throws Exception {
        listening.factory(factory -> factory.setDeBatchingEnabled(true)).start(new Batches(messages -> {
            for (Message message : messages) {
                listening.save(new String(message.getBody(), StandardCharsets.UTF_8));
            }
            calls.add(List.of("call"));
        }));
        listening.registry().getListenerContainers().forEach(container -> container.start());
        publishBatch("batch 1", "first", "second");
        publishBatch("batch 1", "first", "second");
        eventually().until(() -> listening.outcomes(Outcome.DUPLICATE) == 2);
        listening.assertQueueEmptyAfterStop();
        assertThat(shop.effects()).isEqualTo(2);
        assertThat(calls).hasSize(1);
    }

    private void publishBatch(String id, String... bodies) throws Exception {
        ByteBuffer parts = ByteBuffer.allocate(100);
        for (String body : bodies) {
            parts.putInt(body.length()).put(body.getBytes(StandardCharsets.UTF_8));
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
}
