package io.dedup.spring;

import static io.dedup.rabbit.Shop.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import io.dedup.spring.Listening.Container;
import io.dedup.test.RequiresRabbitMq;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.springframework.amqp.core.AcknowledgeMode;
import org.springframework.amqp.rabbit.listener.AbstractMessageListenerContainer;
import org.springframework.amqp.rabbit.listener.DirectMessageListenerContainer;
import org.springframework.amqp.rabbit.listener.SimpleMessageListenerContainer;

/** What containers that hold messages do with them when they stop, or when their consumer changes. */
@RequiresRabbitMq // which counts what is held apart from what is ready
@Timeout(60)
class HoldingStopTest extends WithListening {

    private static final int HELD = 50;

    private final AtomicInteger runs = new AtomicInteger();
    private final AtomicBoolean repaired = new AtomicBoolean();

    /** How a container ends. */
    enum Way {
        STOP {
            @Override
            void end(Listening listening) {
                listening.container().stop();
            }
        },
        STOP_WITH_CALLBACK {
            @Override
            void end(Listening listening) throws Exception {
                CountDownLatch stopped = new CountDownLatch(1);
                listening.container().stop(stopped::countDown);
                assertThat(stopped.await(20, TimeUnit.SECONDS)).isTrue();
            }
        },
        FORCED_STOP {
            @Override
            void end(Listening listening) {
                listening.container().setForceStop(true);
                listening.container().setShutdownTimeout(1_000); // a direct container waits for the whole of it
                listening.container().stop();
            }
        },
        DESTROY {
            @Override
            void end(Listening listening) {
                listening.container().destroy();
            }
        },
        CONTEXT_CLOSED {
            @Override
            void end(Listening listening) {
                listening.close();
            }
        };

        abstract void end(Listening listening) throws Exception;

        boolean canRestart() {
            return this == STOP || this == STOP_WITH_CALLBACK || this == FORCED_STOP;
        }
    }

    static Stream<Arguments> ways() {
        return Stream.of(Container.values())
                .flatMap(container -> Arrays.stream(Way.values()).map(way -> Arguments.of(container, way)));
    }

    private void holdAll(Container container) throws Exception {
        listening.with(protection -> protection.pause(Duration.ofMinutes(15), Duration.ofMinutes(15)));
        start(container, AcknowledgeMode.AUTO, (message, channel) -> {
            runs.incrementAndGet();
            if (!repaired.get()) {
                throw new IllegalStateException("not today");
            }
            save(message);
        });
        publishAll("held ", HELD);
        eventually().until(() -> runs.get() == HELD);
    }

    /** Trap 10: a message that goes back before its consumer is cancelled comes to the same container once more. */
    @ParameterizedTest
    @MethodSource("ways")
    void whatIsHeldGoesBackAndIsNotRunOnceMore(Container container, Way way) throws Exception {
        holdAll(container);
        way.end(listening);
        eventually().untilAsserted(() -> assertThat(shop.ready()).isEqualTo(HELD));
        assertThat(runs).hasValue(HELD);
        assertThat(listening.channelErrors()).isEmpty();
        repaired.set(true);
        if (way.canRestart()) {
            listening.container().start();
        } else {
            listening = new Listening(shop);
            start(container, AcknowledgeMode.AUTO, (message, channel) -> {
                runs.incrementAndGet();
                save(message);
            });
        }
        eventually().until(() -> shop.effects() == HELD);
        listening.assertQueueEmptyAfterStop();
        assertThat(runs).as("once before and once after").hasValue(2 * HELD);
        assertThat(shop.doubled()).isZero();
        assertThat(listening.channelErrors()).isEmpty();
    }

    /** With returns the factory sleeps for five seconds before it closes a channel; what is held must not wait for that. */
    @ParameterizedTest
    @EnumSource(Container.class)
    void whatIsHeldGoesBackBeforeAChannelThatPublishesWithReturnsIsClosed(Container container) throws Exception {
        listening.connections(factory -> factory.setPublisherReturns(true));
        holdAll(container);
        listening.container().stop();
        eventually()
                .atMost(4, TimeUnit.SECONDS)
                .untilAsserted(() -> assertThat(shop.ready()).isEqualTo(HELD));
        assertThat(runs).hasValue(HELD);
    }

    /** Trap 10: a pause that began before the stop must not run its message when it ends. */
    @ParameterizedTest
    @EnumSource(Container.class)
    void aPauseThatEndsAfterARestartRunsNothing(Container container) throws Exception {
        listening.with(protection -> protection.pause(Duration.ofSeconds(2), Duration.ofSeconds(2)));
        start(container, AcknowledgeMode.AUTO, (message, channel) -> {
            save(message);
            if (runs.incrementAndGet() == 1) {
                throw new IllegalStateException("not yet");
            }
        });
        shop.publish("1");
        eventually().until(() -> runs.get() == 1);
        listening.container().stop();
        listening.container().start();
        eventually().until(() -> shop.keys() == 1);
        Thread.sleep(2_500); // until the first pause would end
        listening.assertQueueEmptyAfterStop();
        assertThat(runs).hasValue(2);
        assertThat(listening.results).hasSize(2);
        assertThat(listening.channelErrors()).isEmpty();
    }

    @ParameterizedTest
    @EnumSource(
            value = Way.class,
            names = {"STOP", "STOP_WITH_CALLBACK", "DESTROY", "CONTEXT_CLOSED"})
    void stopWaitsForWhatIsInWork(Way way) throws Exception {
        assertThatItWaits(Container.SIMPLE, way);
    }

    @ParameterizedTest
    @EnumSource(
            value = Way.class,
            names = {"STOP", "STOP_WITH_CALLBACK", "DESTROY", "CONTEXT_CLOSED"})
    void soDoesADirectContainers(Way way) throws Exception {
        assertThatItWaits(Container.DIRECT, way);
    }

    private void assertThatItWaits(Container container, Way way) throws Exception {
        CountDownLatch inWork = new CountDownLatch(1);
        AtomicBoolean ended = new AtomicBoolean();
        start(container, AcknowledgeMode.AUTO, (message, channel) -> {
            inWork.countDown();
            Thread.sleep(700);
            save(message);
            ended.set(true);
        });
        shop.publish("1");
        inWork.await();
        way.end(listening);
        assertThat(ended).isTrue();
        listening.assertQueueEmptyAfterStop();
        assertThat(shop.keys()).isOne();
    }

    /** Beyond the container's shutdownTimeout its thread is interrupted, and the message goes back uncounted. */
    @ParameterizedTest
    @EnumSource(Container.class)
    void aHandlerThatDoesNotEndIsInterruptedAndItsMessageGoesBack(Container container) throws Exception {
        CountDownLatch inWork = new CountDownLatch(1);
        CountDownLatch interrupted = new CountDownLatch(1);
        listening.with(protection -> protection.maxAttempts(1));
        listening.factory(factory -> factory.setContainerCustomizer(each -> each.setShutdownTimeout(300)));
        start(container, AcknowledgeMode.AUTO, (message, channel) -> {
            save(message);
            inWork.countDown();
            try {
                Thread.sleep(60_000);
            } catch (InterruptedException e) {
                interrupted.countDown();
                throw e;
            }
        });
        shop.publish("1");
        inWork.await();
        listening.container().stop();
        assertThat(interrupted.await(20, TimeUnit.SECONDS)).isTrue();
        eventually().until(() -> shop.ready() == 1);
        assertThat(listening.dead()).isZero();
        assertThat(shop.effects() + shop.keys()).isZero();
        assertThat(shop.count("SELECT count(*) FROM processed_message_attempt WHERE consumer = '" + shop.queue + "'"))
                .isZero();
    }

    private static void resize(AbstractMessageListenerContainer container, int workers) {
        if (container instanceof SimpleMessageListenerContainer simple) {
            simple.setConcurrentConsumers(workers);
        } else {
            ((DirectMessageListenerContainer) container).setConsumersPerQueue(workers);
        }
    }

    @ParameterizedTest
    @EnumSource(Container.class)
    void aContainerThatIsScaledDownLosesNothingAndGoesOn(Container container) throws Exception {
        listening.concurrency(4);
        listening.with(protection -> protection.pause(Duration.ofMillis(400), Duration.ofMillis(400)));
        start(container, AcknowledgeMode.AUTO, (message, channel) -> {
            if (id(message).startsWith("held") && runs.incrementAndGet() <= HELD) {
                throw new IllegalStateException("not yet");
            }
            save(message);
        });
        publishAll("held ", HELD);
        eventually().until(() -> runs.get() >= HELD);
        resize(listening.container(), 1);
        publishAll("good ", HELD);
        eventually().until(() -> shop.effects() == 2 * HELD);
        listening.assertQueueEmptyAfterStop();
        assertThat(shop.doubled()).isZero();
        assertThat(listening.channelErrors()).isEmpty();
    }

    /** Each worker waits inside its handler for another one. */
    @ParameterizedTest
    @EnumSource(Container.class)
    void aContainerThatIsScaledUpWorksInParallel(Container container) throws Exception {
        CountDownLatch three = new CountDownLatch(3);
        start(container, AcknowledgeMode.AUTO, (message, channel) -> {
            if (id(message).startsWith("parallel")) {
                three.countDown();
                assertThat(three.await(20, TimeUnit.SECONDS)).isTrue();
            }
            save(message);
        });
        shop.publish("first");
        eventually().until(() -> shop.keys() == 1);
        resize(listening.container(), 3);
        publishAll("parallel ", 3);
        eventually().until(() -> shop.keys() == 4);
        listening.assertQueueEmptyAfterStop();
        assertThat(shop.doubled()).isZero();
    }

    /** One consumer for all workers: one end of its channel is one return for each message, not one for each thread. */
    @ParameterizedTest
    @EnumSource(Container.class)
    void oneConsumerServesAllWorkers(Container container) throws Exception {
        CountDownLatch four = new CountDownLatch(4);
        listening.concurrency(4);
        start(container, AcknowledgeMode.AUTO, (message, channel) -> {
            four.countDown();
            assertThat(four.await(20, TimeUnit.SECONDS)).isTrue();
            save(message);
        });
        publishAll("parallel ", 4);
        eventually().until(() -> shop.keys() == 4);
        assertThat(shop.publisher.consumerCount(shop.queue)).isOne();
        listening.assertQueueEmptyAfterStop();
    }

    @ParameterizedTest
    @EnumSource(Container.class)
    void aQueueThatIsDeletedAndDeclaredAnewIsConsumedAgain(Container container) throws Exception {
        listening.factory(factory -> factory.setMissingQueuesFatal(false));
        listening.with(protection -> protection.pause(Duration.ofMillis(400), Duration.ofMillis(400)));
        start(container, AcknowledgeMode.AUTO, (message, channel) -> {
            if (id(message).startsWith("held")) {
                runs.incrementAndGet();
                throw new IllegalStateException("not today");
            }
            save(message);
        });
        publishAll("held ", 10);
        eventually().until(() -> runs.get() == 10);
        shop.publisher.queueDelete(shop.queue);
        Thread.sleep(300); // until the container has looked for it in vain
        shop.declare(shop.queue);
        shop.publish("1");
        eventually().until(() -> shop.effects() == 1);
        assertThat(runs.get())
                .as("the queue took its messages with it; nothing runs that nobody could acknowledge")
                .isBetween(10, 20);
        listening.assertQueueEmptyAfterStop();
        assertThat(listening.channelErrors()).allMatch(error -> error.contains("NOT_FOUND - no queue"));
    }
}
