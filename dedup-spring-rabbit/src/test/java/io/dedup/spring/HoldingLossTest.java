package io.dedup.spring;

import static io.dedup.rabbit.Shop.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import com.rabbitmq.client.AMQP.BasicProperties;
import io.dedup.spring.Listening.Container;
import io.dedup.test.RequiresRabbitMq;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.amqp.AmqpRejectAndDontRequeueException;
import org.springframework.amqp.ImmediateAcknowledgeAmqpException;
import org.springframework.amqp.core.AcknowledgeMode;
import org.springframework.amqp.core.Message;
import org.springframework.amqp.core.MessageListener;
import org.springframework.amqp.rabbit.config.SimpleRabbitListenerContainerFactory;
import org.springframework.amqp.rabbit.config.SimpleRabbitListenerEndpoint;
import org.springframework.amqp.rabbit.listener.RabbitListenerContainerFactory;
import org.springframework.amqp.support.converter.MessageConversionException;

/**
 * Traps 1 to 3 of containers that hold: Spring's own ways to settle one delivery take all older ones of the channel with
 * them. Thirty messages are held, then one more comes.
 */
@RequiresRabbitMq
@Timeout(60)
class HoldingLossTest extends WithListening {

    private static final int HELD = 30;

    private final AtomicInteger runs = new AtomicInteger();

    @BeforeEach
    void holdLong() {
        listening.with(protection -> protection.pause(Duration.ofMinutes(15), Duration.ofMinutes(15)));
    }

    /** Those that are held fail; the last one is what the test is about. */
    private Handling.Handler failingBut(Consumer<Message> last) {
        return (message, channel) -> {
            if (id(message).equals("last")) {
                last.accept(message);
            } else {
                runs.incrementAndGet();
                throw new IllegalStateException("not today");
            }
        };
    }

    private void holdAll() throws Exception {
        publishAll("held ", HELD);
        eventually().until(() -> runs.get() == HELD);
    }

    private void assertAllAreBackAfterStop() {
        listening.close();
        eventually().untilAsserted(() -> assertThat(shop.ready()).isEqualTo(HELD));
        assertThat(runs).hasValue(HELD);
        assertThat(listening.channelErrors()).isEmpty();
    }

    private void assertOnlyTheLastIsDeadLettered() throws Exception {
        eventually().until(() -> listening.dead() == 1);
        assertAllAreBackAfterStop();
        assertThat(shop.deadLetter().getProps().getMessageId()).isEqualTo("last");
    }

    static class Texts {
        private final AtomicInteger runs;

        Texts(AtomicInteger runs) {
            this.runs = runs;
        }

        @DedupRabbitListener(queues = "${queue}")
        void on(String body) {
            runs.incrementAndGet();
            throw new IllegalStateException("not today");
        }
    }

    /** Trap 1: the container rejects it with {@code multiple} and without requeueing. */
    @ParameterizedTest
    @MethodSource("io.dedup.spring.Listening#kinds")
    void aMessageThatCannotBeConvertedIsDeadLetteredAlone(Container container, AcknowledgeMode mode) throws Exception {
        listening.in(container, mode).start(new Texts(runs));
        holdAll();
        shop.publish(
                new BasicProperties.Builder()
                        .messageId("last")
                        .contentType("application/x-java-serialized-object")
                        .build(),
                "no object");
        assertOnlyTheLastIsDeadLettered();
    }

    /** Trap 1, where no adapter stands between the container and the listener. */
    @ParameterizedTest
    @MethodSource("io.dedup.spring.Listening#kinds")
    void soItIsWithAPlainMessageListener(Container container, AcknowledgeMode mode) throws Exception {
        listening.in(container, mode).start();
        SimpleRabbitListenerEndpoint endpoint = new SimpleRabbitListenerEndpoint();
        endpoint.setId("plain");
        endpoint.setQueueNames(shop.queue);
        MessageListener plain = message -> {
            if (id(message).equals("last")) {
                throw new MessageConversionException("no object");
            }
            runs.incrementAndGet();
            throw new IllegalStateException("not today");
        };
        endpoint.setMessageListener(plain);
        listening
                .registry()
                .registerListenerContainer(
                        endpoint, listening.context.getBean(RabbitListenerContainerFactory.class), true);
        holdAll();
        shop.publish("last");
        assertOnlyTheLastIsDeadLettered();
    }

    /** Trap 1, as the handler asks for it. */
    @ParameterizedTest
    @MethodSource("io.dedup.spring.Listening#kinds")
    void aMessageThatTheHandlerHasSpringRejectIsDeadLetteredAlone(Container container, AcknowledgeMode mode)
            throws Exception {
        start(container, mode, failingBut(message -> {
            throw new AmqpRejectAndDontRequeueException("never", true, null);
        }));
        holdAll();
        shop.publish("last");
        assertOnlyTheLastIsDeadLettered();
    }

    /** Trap 1: {@code deadLetterByBroker} rejects, but one only. */
    @ParameterizedTest
    @MethodSource("io.dedup.spring.Listening#kinds")
    void aMessageThatTheBrokerIsToDeadLetterIsRejectedAlone(Container container, AcknowledgeMode mode)
            throws Exception {
        shop.publisher.queueDelete(shop.queue);
        shop.publisher.queueDeclare(shop.queue + ".dead", true, false, false, null);
        shop.publisher.queueDeclare(
                shop.queue,
                true,
                false,
                false,
                java.util.Map.of("x-dead-letter-exchange", "", "x-dead-letter-routing-key", shop.queue + ".dead"));
        listening.with(Protection::deadLetterByBroker);
        start(container, mode, failingBut(message -> {
            throw new io.dedup.NeverRetryException("never");
        }));
        holdAll();
        shop.publish("last");
        assertOnlyTheLastIsDeadLettered();
    }

    /** Trap 2: with that flag the container acknowledges with {@code multiple}. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aMessageThatTheHandlerHasSpringAcknowledgeIsAcknowledgedAlone(boolean enforced) throws Exception {
        listening.factory(
                factory -> ((SimpleRabbitListenerContainerFactory) factory).setEnforceImmediateAckForManual(enforced));
        start(Container.SIMPLE, AcknowledgeMode.MANUAL, failingBut(message -> {
            save(message);
            throw new ImmediateAcknowledgeAmqpException("that will do");
        }));
        holdAll();
        shop.publish("last");
        eventually().until(() -> shop.keys() == 1);
        assertAllAreBackAfterStop();
        assertThat(shop.effects()).isOne();
    }

    /** Trap 3: an acknowledgement of a container's own would take those that are held with it. */
    @ParameterizedTest
    @MethodSource("io.dedup.spring.Listening#kinds")
    void aMessageThatIsDoneIsAcknowledgedAlone(Container container, AcknowledgeMode mode) throws Exception {
        start(container, mode, failingBut(this::save));
        holdAll();
        shop.publish("last");
        shop.publish("last");
        eventually().until(() -> listening.results.size() == HELD + 2);
        assertAllAreBackAfterStop();
        assertThat(shop.effects()).isOne();
    }

    /** Trap 3, by the handler. */
    @ParameterizedTest
    @MethodSource("io.dedup.spring.Listening#kinds")
    void anAckOfTheHandlersWithMultipleTakesNoOthers(Container container, AcknowledgeMode mode) throws Exception {
        start(container, mode, (message, channel) -> {
            if (id(message).equals("last")) {
                save(message);
                channel.basicAck(message.getMessageProperties().getDeliveryTag(), true);
            } else {
                runs.incrementAndGet();
                throw new IllegalStateException("not today");
            }
        });
        holdAll();
        shop.publish("last");
        eventually().until(() -> shop.keys() == 1);
        assertAllAreBackAfterStop();
    }
}
