package io.dedup.spring;

import static io.dedup.rabbit.Shop.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import com.rabbitmq.client.AMQP.BasicProperties;
import com.rabbitmq.client.GetResponse;
import io.dedup.MissingId;
import io.dedup.NeverRetryException;
import io.dedup.Outcome;
import io.dedup.spring.Listening.Container;
import io.dedup.test.RequiresRabbitMq;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.springframework.amqp.ImmediateRequeueAmqpException;
import org.springframework.amqp.core.AcknowledgeMode;
import org.springframework.amqp.core.Message;
import org.springframework.amqp.rabbit.listener.api.RabbitListenerErrorHandler;
import org.springframework.dao.DataAccessException;
import org.springframework.jdbc.core.JdbcTemplate;

/** What becomes of failed messages in containers that hold. */
@RequiresRabbitMq
@Timeout(90)
class HoldingFailureTest extends WithListening {

    private final AtomicInteger runs = new AtomicInteger();

    private GetResponse awaitDeadLetter() throws Exception {
        eventually().until(() -> listening.dead() == 1);
        listening.assertQueueEmptyAfterStop();
        return shop.deadLetter();
    }

    private long failuresCounted() {
        return shop.count("SELECT count(*) FROM processed_message_attempt WHERE consumer = '" + shop.queue + "'");
    }

    @ParameterizedTest
    @MethodSource("io.dedup.spring.Listening#kinds")
    void aFailedMessageHoldsUpNoneOfAThousandAndEndsInTheDeadLetterQueue(Container container, AcknowledgeMode mode)
            throws Exception {
        listening.with(protection -> protection.pause(Duration.ofMinutes(15), Duration.ofMinutes(15)));
        start(container, mode, this::failOrSave);
        shop.publish("bad");
        for (int i = 0; i < 1_000; i++) {
            shop.publisher.basicPublish(
                    "",
                    shop.queue,
                    new BasicProperties.Builder().messageId("good " + i).build(),
                    new byte[10]);
        }
        shop.publisher.waitForConfirmsOrDie(30_000);
        eventually().until(() -> shop.effects() == 1_000); // long before its pause ends
        assertThat(runs).hasValue(1);
        listening.close();
        eventually().untilAsserted(() -> assertThat(shop.ready()).isOne());

        listening = new Listening(shop).with(protection -> protection.maxAttempts(3));
        start(container, mode, this::failOrSave);
        Map<String, Object> headers = awaitDeadLetter().getProps().getHeaders();
        assertThat(headers.get("x-dedup-attempts")).isEqualTo(3);
        assertThat(headers.get("x-dedup-reason")).hasToString("the handler failed 3 times");
        assertThat(headers.get("x-dedup-exception")).hasToString("java.lang.IllegalStateException");
        assertThat(headers.get("x-dedup-exception-message")).hasToString("card declined");
        assertThat(headers.get("x-dedup-consumer")).hasToString(shop.queue);
        assertThat(headers.get("x-dedup-routing-key")).hasToString(shop.queue);
        assertThat(runs).hasValue(3);
        assertThat(failuresCounted()).isZero();
    }

    private void failOrSave(Message message, com.rabbitmq.client.Channel channel) {
        save(message);
        if (id(message).equals("bad")) {
            runs.incrementAndGet();
            throw new IllegalStateException("card declined");
        }
    }

    @ParameterizedTest
    @MethodSource("io.dedup.spring.Listening#kinds")
    void fiveAttemptsAreTheDefaultAndTheDeadLetterIsTheMessage(Container container, AcknowledgeMode mode)
            throws Exception {
        start(container, mode, (message, channel) -> {
            runs.incrementAndGet();
            throw new IllegalStateException("card declined");
        });
        shop.publish(
                new BasicProperties.Builder()
                        .messageId("1")
                        .headers(Map.of("tenant", "acme"))
                        .build(),
                "body");
        GetResponse dead = awaitDeadLetter();
        assertThat(runs).hasValue(5);
        assertThat(dead.getProps().getMessageId()).isEqualTo("1");
        assertThat(dead.getProps().getHeaders().get("tenant")).hasToString("acme");
        assertThat(new String(dead.getBody(), java.nio.charset.StandardCharsets.UTF_8))
                .isEqualTo("body");
        assertThat(listening.deadLetters).containsExactly("the handler failed 5 times");
        assertThat(listening.outcomes(Outcome.FAILED)).isEqualTo(5);
    }

    /** Each redelivery had a new random key, so that it ran 1,129 times in five seconds. */
    @ParameterizedTest
    @MethodSource("io.dedup.spring.Listening#kinds")
    void aMessageWithoutIdThatIsProcessedUnprotectedHasItsAttemptsToo(Container container, AcknowledgeMode mode)
            throws Exception {
        listening.with(protection ->
                protection.onMissingId(MissingId.PROCESS_UNPROTECTED).maxAttempts(3));
        start(container, mode, (message, channel) -> {
            runs.incrementAndGet();
            throw new IllegalStateException("card declined");
        });
        shop.publish(new BasicProperties(), "{}");
        assertThat(awaitDeadLetter().getProps().getHeaders().get("x-dedup-attempts"))
                .isEqualTo(3);
        assertThat(runs).hasValue(3);
        assertThat(failuresCounted()).isZero();
    }

    /** The plain client looked at the top exception only. */
    @ParameterizedTest
    @MethodSource("io.dedup.spring.Listening#kinds")
    void theCausesOfAFailureAreAskedTooWhetherAnotherAttemptHelps(Container container, AcknowledgeMode mode)
            throws Exception {
        start(container, mode, (message, channel) -> {
            runs.incrementAndGet();
            throw new IllegalStateException("wrapped", new NeverRetryException("not even an order"));
        });
        shop.publish("1");
        assertThat(awaitDeadLetter().getProps().getHeaders().get("x-dedup-exception-message"))
                .hasToString("wrapped");
        assertThat(runs).hasValue(1);
    }

    @Test
    void theNeverRetryPredicateIsAskedWithWhatTheHandlerThrew() throws Exception {
        List<Throwable> asked = new CopyOnWriteArrayList<>();
        IllegalArgumentException thrown = new IllegalArgumentException("not even an order");
        listening.with(protection -> protection.neverRetry(failure -> asked.add(failure)));
        start(Container.SIMPLE, AcknowledgeMode.AUTO, (message, channel) -> {
            runs.incrementAndGet();
            throw thrown;
        });
        shop.publish("1");
        awaitDeadLetter();
        assertThat(runs).hasValue(1);
        assertThat(asked).first().isSameAs(thrown);
        assertThat(listening.results.get(0).cause()).isSameAs(thrown);
    }

    @ParameterizedTest
    @EnumSource(Container.class)
    void aMessageWithoutIdIsDeadLettered(Container container) throws Exception {
        start(container, AcknowledgeMode.AUTO, (message, channel) -> runs.incrementAndGet());
        shop.publish(new BasicProperties(), "{}");
        assertThat(awaitDeadLetter().getProps().getHeaders().get("x-dedup-reason"))
                .hasToString("missing message ID");
        assertThat(runs).hasValue(0);
    }

    static class Numbers {
        private final AtomicInteger runs;

        Numbers(AtomicInteger runs) {
            this.runs = runs;
        }

        @DedupRabbitListener(queues = "${queue}")
        void on(Integer number) {
            runs.incrementAndGet();
        }
    }

    @ParameterizedTest
    @MethodSource("io.dedup.spring.Listening#kinds")
    void aMessageThatCannotBeConvertedIsDeadLetteredAtOnce(Container container, AcknowledgeMode mode) throws Exception {
        listening.in(container, mode).start(new Numbers(runs));
        shop.publish(
                new BasicProperties.Builder()
                        .messageId("1")
                        .contentType("text/plain")
                        .build(),
                "no number");
        GetResponse dead = awaitDeadLetter();
        assertThat(dead.getProps().getHeaders().get("x-dedup-exception").toString())
                .contains("ConversionException");
        assertThat(listening.outcomes(Outcome.FAILED)).isOne();
        assertThat(runs).hasValue(0);
    }

    /** It runs again after a pause, and is not counted. */
    @ParameterizedTest
    @MethodSource("io.dedup.spring.Listening#kinds")
    void anImmediateRequeueIsNoFailure(Container container, AcknowledgeMode mode) throws Exception {
        List<Boolean> redelivered = new CopyOnWriteArrayList<>();
        listening.with(protection -> protection.maxAttempts(1));
        start(container, mode, (message, channel) -> {
            redelivered.add(message.getMessageProperties().isRedelivered());
            save(message);
            if (runs.incrementAndGet() < 4) {
                throw new ImmediateRequeueAmqpException("not yet");
            }
        });
        shop.publish("1");
        eventually().until(() -> shop.keys() == 1);
        listening.assertQueueEmptyAfterStop();
        assertThat(redelivered).containsExactly(false, false, false, false);
        assertThat(shop.effects()).isOne();
        assertThat(listening.dead()).isZero();
        assertThat(failuresCounted()).isZero();
    }

    /** A handler that decides by its channel, in a container whose user acknowledges. */
    @ParameterizedTest
    @EnumSource(Container.class)
    void whatTheHandlerNacksForRequeueingIsNoFailure(Container container) throws Exception {
        listening.with(protection -> protection.maxAttempts(1));
        start(container, AcknowledgeMode.MANUAL, (message, channel) -> {
            save(message);
            if (runs.incrementAndGet() < 4) {
                channel.basicNack(message.getMessageProperties().getDeliveryTag(), false, true);
            } else {
                channel.basicAck(message.getMessageProperties().getDeliveryTag(), false);
            }
        });
        shop.publish("1");
        eventually().until(() -> shop.keys() == 1);
        listening.assertQueueEmptyAfterStop();
        assertThat(runs).hasValue(4);
        assertThat(shop.effects()).isOne();
        assertThat(listening.dead()).isZero();
        assertThat(listening.channelErrors()).isEmpty();
    }

    static class Handled {
        private final Handling.Handler handler;

        Handled(Handling.Handler handler) {
            this.handler = handler;
        }

        @DedupRabbitListener(queues = "${queue}", errorHandler = "handlesAll")
        void on(Message message, com.rabbitmq.client.Channel channel) throws Exception {
            handler.handle(message, channel);
        }
    }

    private void startHandled(Container container, AcknowledgeMode mode, Handling.Handler handler) {
        RabbitListenerErrorHandler handlesAll = (raw, channel, message, failure) -> null;
        listening.context.registerBean("handlesAll", RabbitListenerErrorHandler.class, () -> handlesAll);
        listening.in(container, mode).start(new Handled(handler));
    }

    /** Where the container's mode is MANUAL, Spring's adapter then acknowledges by itself. */
    @ParameterizedTest
    @MethodSource("io.dedup.spring.Listening#kinds")
    void aFailureThatAnErrorHandlerHandlesIsNoneAndIsAcknowledgedOnce(Container container, AcknowledgeMode mode)
            throws Exception {
        startHandled(container, mode, (message, channel) -> {
            save(message);
            throw new IllegalStateException("handled");
        });
        publishAll("", 3);
        shop.publish("0");
        eventually().until(() -> listening.results.size() == 4);
        listening.assertQueueEmptyAfterStop();
        assertThat(listening.outcomes(Outcome.PROCESSED)).isEqualTo(3);
        assertThat(listening.outcomes(Outcome.DUPLICATE)).isOne();
        assertThat(shop.effects()).isEqualTo(3);
        assertThat(listening.channelErrors()).isEmpty();
    }

    /** The adapter's acknowledgement comes before the commit, which then fails. */
    @ParameterizedTest
    @MethodSource("io.dedup.spring.Listening#kinds")
    void anErrorHandlerThatHandlesAllAcknowledgesNothingBeforeTheCommit(Container container, AcknowledgeMode mode)
            throws Exception {
        startHandled(container, mode, (message, channel) -> {
            save(message);
            if (runs.incrementAndGet() == 1) {
                try {
                    listening.context.getBean(JdbcTemplate.class).execute("INSERT INTO no_such_table VALUES (1)");
                } catch (DataAccessException swallowed) {
                    // as handlers do
                }
            }
            throw new IllegalStateException("handled");
        });
        shop.publish("1");
        eventually().until(() -> shop.keys() == 1);
        listening.assertQueueEmptyAfterStop();
        assertThat(runs).hasValue(2);
        assertThat(shop.effects()).isOne();
        assertThat(listening.channelErrors()).isEmpty();
    }

    @Test
    void deadLettersGoToTheQueueThatIsNamed() throws Exception {
        String graveyard = shop.queue + "-graveyard";
        listening.with(protection -> protection.deadLetterQueue(graveyard).maxAttempts(1));
        start(Container.SIMPLE, AcknowledgeMode.AUTO, (message, channel) -> {
            throw new IllegalStateException("poison");
        });
        shop.publish("1");
        eventually().until(() -> listening.deadLetters.size() == 1);
        listening.assertQueueEmptyAfterStop();
        assertThat(shop.publisher.messageCount(graveyard)).isOne();
        shop.publisher.queueDelete(graveyard);
    }

    /** The container holds, counts and pauses as ever; only its last step is the broker's. */
    @ParameterizedTest
    @MethodSource("io.dedup.spring.Listening#kinds")
    void theBrokersOwnDeadLetterExchangeCanBeUsed(Container container, AcknowledgeMode mode) throws Exception {
        String dead = shop.queue + ".dead";
        shop.publisher.queueDelete(shop.queue);
        shop.publisher.queueDeclare(dead, true, false, false, null);
        shop.publisher.queueDeclare(
                shop.queue,
                true,
                false,
                false,
                Map.of("x-dead-letter-exchange", "", "x-dead-letter-routing-key", dead));
        listening.with(protection -> protection.deadLetterByBroker().maxAttempts(3));
        start(container, mode, (message, channel) -> {
            runs.incrementAndGet();
            throw new IllegalStateException("poison");
        });
        shop.publish("1");
        assertThat(awaitDeadLetter().getProps().getHeaders())
                .containsKey("x-death")
                .doesNotContainKey("x-dedup-reason");
        assertThat(runs).hasValue(3);
    }

    @Test
    void aMessageOlderThanTheLimitIsDeadLettered() throws Exception {
        listening.with(protection -> protection.maxAge(Duration.ofDays(7)));
        start(Container.SIMPLE, AcknowledgeMode.AUTO, (message, channel) -> save(message));
        shop.publish("new");
        @SuppressWarnings("JavaUtilDate") // AMQP speaks it
        var old = java.util.Date.from(java.time.Instant.now().minus(Duration.ofDays(8)));
        shop.publish(
                new BasicProperties.Builder().messageId("old").timestamp(old).build(), "{}");
        GetResponse dead = awaitDeadLetter();
        assertThat(dead.getProps().getMessageId()).isEqualTo("old");
        assertThat(dead.getProps().getHeaders().get("x-dedup-reason").toString())
                .startsWith("too old");
        assertThat(shop.effects()).isOne();
    }
}
