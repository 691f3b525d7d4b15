package io.dedup.spring;

import static io.dedup.rabbit.Shop.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import com.rabbitmq.client.AMQP.BasicProperties;
import io.dedup.Dedup;
import io.dedup.Fingerprint;
import io.dedup.MessageIdResolver;
import io.dedup.MessageKey;
import io.dedup.NeverRetryException;
import io.dedup.Outcome;
import io.dedup.spring.Listening.Container;
import io.dedup.test.RequiresRabbitMq;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
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
import org.springframework.amqp.rabbit.connection.CachingConnectionFactory;
import org.springframework.amqp.rabbit.core.RabbitTemplate;
import org.springframework.jdbc.core.JdbcTemplate;

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

    private void consumeInBatches(AcknowledgeMode mode, Consumer<List<Message>> handler) {
        consumeInBatches(mode);
        listening.start(new Batches(handler));
    }

    private void consumeInBatches(AcknowledgeMode mode) {
        listening
                .in(Container.SIMPLE, mode)
                .with(protection -> protection.maxAttempts(1_000))
                .factory(factory -> {
                    var simple = (SimpleRabbitListenerContainerFactory) factory;
                    simple.setConsumerBatchEnabled(true);
                    simple.setBatchSize(10);
                    simple.setReceiveTimeout(500L);
                });
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

    /** Trap 6 and others: in a container that holds, one by one where the batch fails. */
    @ParameterizedTest
    @EnumSource(
            value = AcknowledgeMode.class,
            names = {"AUTO", "MANUAL"})
    @RequiresRabbitMq
    void oneOfABatchThatFailsForGoodIsDeadLettered(AcknowledgeMode mode) throws Exception {
        consumeInBatches(mode, messages -> {
            save(messages);
            if (messages.stream().anyMatch(message -> id(message).equals("bad"))) {
                throw new NeverRetryException("one of them is bad");
            }
        });
        for (String id : List.of("1", "bad", "2")) {
            shop.publish(id);
        }
        listening.registry().getListenerContainers().forEach(container -> container.start());
        eventually().until(() -> listening.dead() == 1);
        eventually().until(() -> shop.keys() == 2);
        listening.assertQueueEmptyAfterStop();
        assertThat(shop.deadLetter().getProps().getMessageId()).isEqualTo("bad");
        assertThat(shop.effects()).isEqualTo(2);
        assertThat(listening.channelErrors()).isEmpty();
    }

    static class Texts {
        private final List<List<String>> calls;

        Texts(List<List<String>> calls) {
            this.calls = calls;
        }

        @DedupRabbitListener(queues = "${queue}", batch = "true", autoStartup = "false")
        void on(List<String> texts) {
            calls.add(List.copyOf(texts));
        }
    }

    /** Spring's adapter rejects such a message by its tag, before the listener is called with the others. */
    @ParameterizedTest
    @EnumSource(
            value = AcknowledgeMode.class,
            names = {"AUTO", "MANUAL"})
    @RequiresRabbitMq
    void oneOfABatchThatCannotBeConvertedIsDeadLetteredAloneAndTheOthersAreProcessed(AcknowledgeMode mode)
            throws Exception {
        consumeInBatches(mode);
        listening.start(new Texts(calls));
        for (String id : List.of("1", "bad", "2")) {
            shop.publish(
                    new BasicProperties.Builder()
                            .messageId(id)
                            .contentType(id.equals("bad") ? "application/x-java-serialized-object" : "text/plain")
                            .build(),
                    "text " + id);
        }
        listening.registry().getListenerContainers().forEach(container -> container.start());
        eventually().until(() -> listening.dead() == 1);
        eventually().until(() -> shop.keys() == 2);
        listening.assertQueueEmptyAfterStop();
        assertThat(shop.deadLetter().getProps().getMessageId()).isEqualTo("bad");
        assertThat(calls.stream().flatMap(List::stream).distinct()).containsExactly("text 1", "text 2");
        assertThat(listening.channelErrors()).isEmpty();
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
        eventually().until(() -> listening.outcomes(Outcome.DUPLICATE) == 5); // two of them with the second's next try
        listening.assertQueueEmptyAfterStop();
        assertThat(shop.effects()).isEqualTo(3);
        assertThat(shop.doubled()).isZero();
    }

    private void startSaving(AcknowledgeMode mode) {
        listening.in(Container.SIMPLE, mode).start(new Singly(message -> listening.save(body(message))));
    }

    private static String body(Message message) {
        return new String(message.getBody(), StandardCharsets.UTF_8);
    }

    private List<String> saved() {
        return new JdbcTemplate(shop.pool)
                .queryForList("SELECT message_id FROM orders WHERE queue = ?", String.class, shop.queue);
    }

    /** A publisher that sends an old message again may do so beside other new ones. */
    @Test
    void newPartsBesideAnOldFirstOneAreNoDuplicates() throws Exception {
        startSaving(AcknowledgeMode.AUTO);
        publishBatch("batch 1", "first", "second", "third");
        publishBatch("batch 1", "first", "fourth");
        publishBatch("batch 1", "first", "third", "second", "fifth");
        eventually().until(() -> listening.results.size() == 9);
        assertThat(saved()).containsExactlyInAnyOrder("first", "second", "third", "fourth", "fifth");
    }

    /** One that has failed may be published again on its own, with all its headers, as Spring's recoverers do. */
    @ParameterizedTest
    @EnumSource(
            value = AcknowledgeMode.class,
            names = {"AUTO", "MANUAL"})
    void aPartThatComesAgainAloneIsNoDuplicateOfTheFirst(AcknowledgeMode mode) throws Exception {
        boolean[] repaired = new boolean[1];
        listening
                .in(Container.SIMPLE, mode)
                .with(protection -> protection.maxAttempts(1).recoverer((part, cause) -> republish(part)))
                .start(new Singly(message -> {
                    if (body(message).equals("second") && !repaired[0]) {
                        repaired[0] = true;
                        throw new IllegalStateException("once");
                    }
                    listening.save(body(message));
                }));
        publishBatch("batch 1", "first", "second", "third");
        eventually().until(() -> listening.results.size() == 4);
        listening.assertQueueEmptyAfterStop();
        assertThat(saved()).containsExactlyInAnyOrder("first", "second", "third");
    }

    private void republish(Message part) {
        new RabbitTemplate(listening.context.getBean(CachingConnectionFactory.class)).send("", shop.queue, part);
    }

    @Test
    void equalPartsOfOneBatchAreProcessedEach() throws Exception {
        startSaving(AcknowledgeMode.AUTO);
        publishBatch("batch 1", "tick", "tick", "tick");
        publishBatch("batch 1", "tick", "tick", "tick");
        eventually().until(() -> listening.results.size() == 6);
        assertThat(saved()).containsExactly("tick", "tick", "tick");
    }

    /** Then it does not matter how the publisher groups them. */
    @Test
    void partsWithIdsOfTheirOwnAreRecognisedInWhateverBatch() throws Exception {
        listening.with(protection -> protection.messageId(MessageIdResolver.jsonPointer("/id")));
        startSaving(AcknowledgeMode.AUTO);
        publishBatch("batch 1", "{\"id\": 1}", "{\"id\": 2}", "{\"id\": 2}");
        publishBatch("batch 2", "{\"id\": 2, \"again\": true}", "{\"id\": 3}");
        shop.publish(new BasicProperties.Builder().messageId("alone").build(), "{\"id\": 3}");
        eventually().until(() -> listening.results.size() == 6);
        assertThat(saved()).containsExactly("{\"id\": 1}", "{\"id\": 2}", "{\"id\": 3}");
    }

    /** The delivery is rejected as Spring's rules say, but not before its other parts have had their turn. */
    @ParameterizedTest
    @EnumSource(
            value = AcknowledgeMode.class,
            names = {"AUTO", "MANUAL"})
    @RequiresRabbitMq // where what is rejected does not come again
    void aPartThatFailsDoesNotKeepItsNeighboursFromBeingProcessed(AcknowledgeMode mode) throws Exception {
        List<Throwable> seen = new CopyOnWriteArrayList<>();
        listening
                .in(Container.SIMPLE, mode)
                .factory(factory -> {
                    factory.setDefaultRequeueRejected(false);
                    factory.setErrorHandler(seen::add);
                })
                .start(new Singly(message -> {
                    if (body(message).equals("bad")) {
                        throw new IllegalStateException("card declined");
                    }
                    listening.save(body(message));
                }));
        publishBatch("batch 1", "bad", "second", "third");
        eventually().until(() -> shop.effects() == 2);
        listening.assertQueueEmptyAfterStop();
        assertThat(listening.results).hasSize(3);
        assertThat(seen).hasSize(1);
    }

    @ParameterizedTest
    @EnumSource(
            value = AcknowledgeMode.class,
            names = {"AUTO", "MANUAL"})
    @RequiresRabbitMq // where what is rejected does not come again
    void aPartThatFailsDoesNotHaveANeighbourRejectedThatIsToComeAgain(AcknowledgeMode mode) throws Exception {
        MessageKey busy =
                new MessageKey(shop.queue, "batch 1").withBody(Fingerprint.of("busy".getBytes(StandardCharsets.UTF_8)));
        listening
                .in(Container.SIMPLE, mode)
                .factory(factory -> {
                    factory.setDefaultRequeueRejected(false);
                    factory.setDeBatchingEnabled(true);
                })
                .with(protection -> protection.listener(interruptingAt(Outcome.BUSY)))
                .start(new Batches(messages -> {
                    throw new IllegalStateException("card declined");
                }));
        try (Connection other = shop.pool.getConnection()) {
            other.setAutoCommit(false);
            shop.dedup.claim(other, busy);
            publishBatch("batch 1", "bad", "busy");
            listening.registry().getListenerContainers().forEach(container -> container.start());
            eventually().until(() -> listening.outcomes(Outcome.BUSY) >= 1);
            Thread.sleep(500);
            listening.close();
            eventually().until(() -> shop.ready() == 1);
            other.rollback();
        }
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
        ByteBuffer parts = ByteBuffer.allocate(1_000);
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
