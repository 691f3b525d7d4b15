package io.dedup.spring;

import static org.assertj.core.api.Assertions.assertThat;

import io.dedup.spring.Listening.Container;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.aopalliance.aop.Advice;
import org.aopalliance.intercept.MethodInterceptor;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.springframework.amqp.core.AcknowledgeMode;
import org.springframework.amqp.core.Queue;
import org.springframework.amqp.core.QueueBuilder;
import org.springframework.amqp.rabbit.config.AbstractRabbitListenerContainerFactory;
import org.springframework.amqp.rabbit.listener.api.RabbitListenerErrorHandler;

/** Which containers hold and which settle is decided at their start, and the log says it. */
@Timeout(60)
class KindTest extends WithListening {

    /** What an application may bring, and what kind of container it makes. */
    enum Policy {
        NOTHING("holding", protection -> protection, factory -> {}),
        ADVICE_THAT_IS_NO_RETRY(
                "holding",
                protection -> protection,
                factory -> factory.setAdviceChain((MethodInterceptor) invocation -> invocation.proceed())),
        CONVERTERS_AND_POST_PROCESSORS("holding", protection -> protection, factory -> {
            factory.setMessageConverter(new org.springframework.amqp.support.converter.SimpleMessageConverter());
            factory.setAfterReceivePostProcessors(message -> message);
        }),
        DEAD_LETTER_BY_BROKER("holding", Protection::deadLetterByBroker, factory -> {}),
        RETRY("settling", protection -> protection, factory -> factory.setAdviceChain(retry())),
        RECOVERER("settling", protection -> protection.recoverer((message, cause) -> {}), factory -> {}),
        ERROR_HANDLER("settling", protection -> protection, factory -> factory.setErrorHandler(failure -> {})),
        NO_REQUEUE("settling", protection -> protection, factory -> factory.setDefaultRequeueRejected(false)),
        TRANSACTED("settling", protection -> protection, factory -> factory.setChannelTransacted(true));

        private final String kind;
        private final UnaryOperator<Protection> protection;
        private final Consumer<AbstractRabbitListenerContainerFactory<?>> factory;

        Policy(
                String kind,
                UnaryOperator<Protection> protection,
                Consumer<AbstractRabbitListenerContainerFactory<?>> factory) {
            this.kind = kind;
            this.protection = protection;
            this.factory = factory;
        }

        private static Advice retry() {
            return SpringLine.retry(2).build();
        }
    }

    /** What the log says of this test's listener. */
    private Stream<String> logged() throws Exception {
        Path log = Path.of(System.getProperty("org.slf4j.simpleLogger.logFile"));
        return Files.readAllLines(log).stream()
                .filter(line -> line.contains(shop.queue))
                .map(line -> line.toLowerCase(Locale.ROOT));
    }

    private void start(Policy policy, Container container) {
        listening.with(policy.protection).factory(policy.factory);
        start(container, AcknowledgeMode.AUTO, (message, channel) -> save(message));
    }

    static Stream<org.junit.jupiter.params.provider.Arguments> policies() {
        return Stream.of(Policy.values())
                .flatMap(policy -> Stream.of(Container.values())
                        .map(container -> org.junit.jupiter.params.provider.Arguments.of(policy, container)));
    }

    @ParameterizedTest
    @MethodSource("policies")
    void theStartLogSaysWhichKindAContainerIs(Policy policy, Container container) throws Exception {
        start(policy, container);
        String other = policy.kind.equals("holding") ? "settling" : "holding";
        assertThat(logged().filter(line -> line.contains(" info ")))
                .anyMatch(line -> line.contains(policy.kind))
                .noneMatch(line -> line.contains(other));
    }

    static class Handled {
        @DedupRabbitListener(queues = "${queue}", errorHandler = "handler")
        void on(String body) {}
    }

    @ParameterizedTest
    @EnumSource(Container.class)
    void aRabbitListenerErrorHandlerDoesNotMakeAContainerSettle(Container container) throws Exception {
        RabbitListenerErrorHandler handler = (raw, channel, message, failure) -> {
            throw failure;
        };
        listening.context.registerBean("handler", RabbitListenerErrorHandler.class, () -> handler);
        listening.in(container, AcknowledgeMode.AUTO).start(new Handled());
        assertThat(logged().filter(line -> line.contains(" info "))).anyMatch(line -> line.contains("holding"));
    }

    @ParameterizedTest
    @EnumSource(Container.class)
    void aSmallPrefetchIsWarnedOf(Container container) throws Exception {
        listening.factory(factory -> factory.setPrefetchCount(1));
        start(Policy.NOTHING, container);
        assertThat(logged().filter(line -> line.contains(" warn "))).anyMatch(line -> line.contains("prefetch"));
    }

    @ParameterizedTest
    @EnumSource(Container.class)
    void aUsualPrefetchIsNot(Container container) throws Exception {
        start(Policy.NOTHING, container);
        assertThat(logged().filter(line -> line.contains(" warn "))).isEmpty();
    }

    /** Trap 11 of the design: one end of its connection counts up to once for each of its threads. */
    @ParameterizedTest
    @EnumSource(Container.class)
    void aContainerThatSettlesAQuorumQueueOnSeveralThreadsIsWarnedOf(Container container) throws Exception {
        listening.context.registerBean(
                Queue.class, () -> QueueBuilder.durable(shop.queue).quorum().build());
        listening.concurrency(4);
        start(Policy.NO_REQUEUE, container);
        assertThat(logged().filter(line -> line.contains(" warn "))).anyMatch(line -> line.contains("quorum"));
    }

    /** Its policy requeues at once and without a bound. */
    @ParameterizedTest
    @EnumSource(Container.class)
    void aContainerThatSettlesWithoutABoundIsWarnedOf(Container container) throws Exception {
        start(Policy.ERROR_HANDLER, container);
        assertThat(logged().filter(line -> line.contains(" warn "))).anyMatch(line -> line.contains("requeue"));
    }
}
