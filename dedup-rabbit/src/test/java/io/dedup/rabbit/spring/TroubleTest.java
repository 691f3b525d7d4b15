package io.dedup.rabbit.spring;

import static io.dedup.rabbit.Shop.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import com.rabbitmq.client.AMQP.BasicProperties;
import com.zaxxer.hikari.HikariDataSource;
import io.dedup.MessageKey;
import io.dedup.Outcome;
import io.dedup.rabbit.MissingId;
import io.dedup.rabbit.NeverRetryException;
import io.dedup.rabbit.spring.Listening.Container;
import io.dedup.test.BrokerServer;
import io.dedup.test.Database;
import io.dedup.test.RequiresRabbitMq;
import io.dedup.test.TcpProxy;
import java.sql.Connection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.aopalliance.aop.Advice;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.springframework.amqp.AmqpRejectAndDontRequeueException;
import org.springframework.amqp.core.AcknowledgeMode;
import org.springframework.amqp.core.Message;
import org.springframework.amqp.rabbit.annotation.RabbitListener;
import org.springframework.amqp.rabbit.config.AbstractRabbitListenerContainerFactory;
import org.springframework.amqp.rabbit.config.DirectRabbitListenerContainerFactory;
import org.springframework.amqp.rabbit.config.RetryInterceptorBuilder;
import org.springframework.amqp.rabbit.config.SimpleRabbitListenerContainerFactory;
import org.springframework.amqp.rabbit.connection.CachingConnectionFactory;
import org.springframework.amqp.rabbit.retry.RejectAndDontRequeueRecoverer;
import org.springframework.util.ErrorHandler;

/** What becomes of messages that are not processed: whose trouble it is decides. */
@Timeout(90)
class TroubleTest extends WithListening {

    private String dead;
    private final AtomicInteger runs = new AtomicInteger();

    @BeforeEach
    void open(BrokerServer broker) throws Exception {
        dead = shop.queue + ".dead";
        if (broker.isRabbitMq()) { // others know no dead-letter exchange
            shop.publisher.queueDelete(shop.queue);
            shop.publisher.queueDeclare(dead, true, false, false, Map.of());
            shop.publisher.queueDeclare(
                    shop.queue,
                    true,
                    false,
                    false,
                    Map.of(
                            "x-queue-type", "quorum",
                            "x-dead-letter-exchange", "",
                            "x-dead-letter-routing-key", dead));
        }
    }

    static class Orders {
        private final Consumer<Message> handler;

        Orders(Consumer<Message> handler) {
            this.handler = handler;
        }

        @DedupRabbitListener(queues = "${queue}")
        void on(Message message) {
            handler.accept(message);
        }
    }

    private void save(Message message) {
        listening.save(message.getMessageProperties().getMessageId());
    }

    private static Advice retry() {
        return RetryInterceptorBuilder.stateless()
                .maxRetries(2)
                .recoverer(new RejectAndDontRequeueRecoverer())
                .build();
    }

    /** spring-rabbit's retries go past all advice that stands further in, from the second on. */
    @ParameterizedTest
    @EnumSource(Container.class)
    @RequiresRabbitMq
    void eachOfSpringsRetriesIsATransactionOfItsOwnAndTheLastIsDeadLettered(Container container) throws Exception {
        List<Boolean> active = new CopyOnWriteArrayList<>();
        listening
                .in(container, AcknowledgeMode.AUTO)
                .factory(factory -> factory.setAdviceChain(retry()))
                .start(new Orders(message -> {
                    active.add(MessageTransaction.current() != null);
                    save(message);
                    if (runs.incrementAndGet() < 3
                            || message.getMessageProperties().getMessageId().equals("poison")) {
                        throw new IllegalStateException("card declined");
                    }
                }));
        shop.publish("1");
        eventually().until(() -> shop.keys() == 1);
        shop.publish("poison");
        eventually().until(() -> shop.publisher.messageCount(dead) == 1);
        listening.assertQueueEmptyAfterStop();
        assertThat(active).hasSize(6).doesNotContain(false);
        assertThat(shop.effects()).isOne();
    }

    static class Unaware {
        private final Consumer<Message> handler;

        Unaware(Consumer<Message> handler) {
            this.handler = handler;
        }

        @RabbitListener(queues = "${queue}", containerFactory = "someFactory")
        void on(Message message) {
            handler.accept(message);
        }
    }

    @ParameterizedTest
    @EnumSource(Container.class)
    @RequiresRabbitMq
    void soItIsInContainersOfOtherFactories(Container container) throws Exception {
        List<Boolean> active = new CopyOnWriteArrayList<>();
        startInSomeFactory(container, AcknowledgeMode.AUTO, message -> {
            active.add(MessageTransaction.current() != null);
            save(message);
            if (runs.incrementAndGet() < 3
                    || message.getMessageProperties().getMessageId().equals("poison")) {
                throw new IllegalStateException("card declined");
            }
        });
        shop.publish("1");
        shop.publish("1");
        eventually().until(() -> listening.outcomes(Outcome.DUPLICATE) == 1);
        shop.publish("poison");
        eventually().until(() -> shop.publisher.messageCount(dead) == 1);
        listening.assertQueueEmptyAfterStop();
        assertThat(active).hasSize(6).doesNotContain(false);
        assertThat(shop.effects()).isOne();
    }

    @Test
    void manualAcknowledgementInContainersOfOtherFactoriesIsRefused() {
        assertThat(org.assertj.core.api.Assertions.catchThrowable(
                        () -> startInSomeFactory(Container.SIMPLE, AcknowledgeMode.MANUAL, this::save)))
                .hasStackTraceContaining("has AcknowledgeMode.MANUAL");
    }

    private void startInSomeFactory(Container container, AcknowledgeMode mode, Consumer<Message> handler) {
        startInSomeFactory(container, mode, factory -> {}, handler);
    }

    private void startInSomeFactory(
            Container container,
            AcknowledgeMode mode,
            Consumer<AbstractRabbitListenerContainerFactory<?>> options,
            Consumer<Message> handler) {
        listening.context.registerBean(
                ProtectAllListeners.class, () -> new ProtectAllListeners(() -> listening.protection()));
        listening.context.registerBean("someFactory", AbstractRabbitListenerContainerFactory.class, () -> {
            AbstractRabbitListenerContainerFactory<?> factory = container == Container.SIMPLE
                    ? new SimpleRabbitListenerContainerFactory()
                    : new DirectRabbitListenerContainerFactory();
            factory.setConnectionFactory(listening.context.getBean(CachingConnectionFactory.class));
            factory.setAcknowledgeMode(mode);
            factory.setAdviceChain(retry());
            options.accept(factory);
            return factory;
        });
        listening.start(new Unaware(handler));
    }

    @ParameterizedTest
    @EnumSource(Container.class)
    @RequiresRabbitMq
    void aDatabaseThatIsAwayHasNothingDeadLettered(Container container, Database database) throws Exception {
        try (TcpProxy cable = TcpProxy.to(database.host(), database.port());
                HikariDataSource pool = new HikariDataSource()) {
            pool.setJdbcUrl(database.through(cable).jdbcUrl());
            pool.setConnectionTimeout(500);
            listening
                    .in(container, AcknowledgeMode.AUTO)
                    .dataSource(pool)
                    .factory(factory -> {
                        factory.setAdviceChain(retry());
                        factory.setDefaultRequeueRejected(false);
                    })
                    .start(new Orders(message -> {
                        if (runs.incrementAndGet() == 5) {
                            cable.refuse();
                        }
                        save(message);
                    }));
            for (int i = 0; i < 20; i++) {
                shop.publish("order " + i);
            }
            eventually().until(() -> listening.outcomes(Outcome.UNAVAILABLE) >= 3);
            cable.accept();
            eventually().until(() -> shop.effects() == 20);
            listening.assertQueueEmptyAfterStop();
        }
        assertThat(shop.doubled()).isZero();
        assertThat(shop.publisher.messageCount(dead)).isZero();
    }

    @ParameterizedTest
    @EnumSource(Container.class)
    @RequiresRabbitMq
    void aContainerThatStopsInTheMiddleOfTroubleGivesItsMessageBack(Container container) throws Exception {
        listening
                .in(container, AcknowledgeMode.AUTO)
                .factory(factory -> factory.setDefaultRequeueRejected(false))
                .start(new Orders(this::save));
        try (Connection other = shop.pool.getConnection()) {
            other.setAutoCommit(false);
            shop.dedup.claim(other, new MessageKey(shop.queue, "1"));
            shop.publish("1");
            eventually().until(() -> listening.outcomes(Outcome.BUSY) >= 1);
            listening.close();
            eventually().until(() -> shop.ready() == 1);
            other.rollback();
        }
        assertThat(shop.publisher.messageCount(dead)).isZero();
    }

    @Test
    @RequiresRabbitMq
    void failuresAreCountedWhereThatIsWishedAndTheLastIsPutAside() throws Exception {
        listening.with(protection -> protection.maxAttempts(3)).start(new Orders(message -> {
            runs.incrementAndGet();
            throw new IllegalStateException("poison");
        }));
        shop.publish("1");
        eventually().until(() -> shop.publisher.messageCount(dead) == 1);
        listening.assertQueueEmptyAfterStop();
        assertThat(runs).hasValue(3);
        assertThat(shop.count("SELECT count(*) FROM processed_message_attempt")).isZero();
    }

    @ParameterizedTest
    @EnumSource(
            value = AcknowledgeMode.class,
            names = {"AUTO", "MANUAL"})
    @RequiresRabbitMq
    void whatIsNeverToBeTriedAgainIsNot(AcknowledgeMode mode) throws Exception {
        listening
                .in(Container.SIMPLE, mode)
                .factory(factory -> factory.setAdviceChain(retry()))
                .start(new Orders(message -> {
                    runs.incrementAndGet();
                    throw new NeverRetryException("poison");
                }));
        shop.publish("1");
        eventually().until(() -> shop.publisher.messageCount(dead) == 1);
        listening.assertQueueEmptyAfterStop();
        assertThat(runs).hasValue(1);
    }

    @Test
    @RequiresRabbitMq
    void aMessageWithoutIdIsPutAsideWhereThatIsWished() throws Exception {
        listening
                .with(protection -> protection.onMissingId(MissingId.DEAD_LETTER))
                .start(new Orders(this::save));
        for (String id : new String[] {null, "", "  "}) {
            shop.publish(new BasicProperties.Builder().messageId(id).build(), "{}");
        }
        eventually().until(() -> shop.publisher.messageCount(dead) == 3);
        listening.assertQueueEmptyAfterStop();
        assertThat(shop.keys()).isZero();
    }

    @Test
    @RequiresRabbitMq // which counts what is held apart from what is ready
    void aMessageWithoutIdIsKeptAndGivenBackAtTheEnd() throws Exception {
        listening.factory(factory -> factory.setDefaultRequeueRejected(false)).start(new Orders(this::save));
        shop.publish(new BasicProperties(), "{}");
        eventually().until(() -> shop.ready() == 0);
        Thread.sleep(1_000);
        listening.close();
        eventually().until(() -> shop.ready() == 1);
    }

    @Test
    void aMessageWithoutIdIsProcessedUnprotectedWhereThatIsWished() throws Exception {
        listening
                .with(protection -> protection.onMissingId(MissingId.PROCESS_UNPROTECTED))
                .start(new Orders(this::save));
        shop.publish(new BasicProperties(), "{}");
        shop.publish(new BasicProperties(), "{}");
        eventually().until(() -> shop.effects() == 2);
        listening.assertQueueEmptyAfterStop();
    }

    /** Patience ends at once where its thread is interrupted, and while the container is active. */
    private Protection impatientWith(Outcome outcome, Protection protection) {
        return protection.onResult((message, result) -> {
            listening.results.add(result);
            if (result.outcome() == outcome) {
                Thread.currentThread().interrupt();
            }
        });
    }

    @ParameterizedTest
    @EnumSource(Container.class)
    @RequiresRabbitMq
    void anErrorHandlerThatRejectsEverythingDoesNotSeeTroubleThatIsNotTheHandlers(Container container)
            throws Exception {
        List<Throwable> seen = new CopyOnWriteArrayList<>();
        listening
                .in(container, AcknowledgeMode.AUTO)
                .with(protection -> impatientWith(Outcome.BUSY, protection))
                .factory(factory -> factory.setErrorHandler(rejectingEverything(seen)))
                .start(new Orders(message -> {
                    throw new IllegalStateException("card declined");
                }));
        assertThatItSeesTheHandlersFailureOnly(seen);
    }

    @ParameterizedTest
    @EnumSource(Container.class)
    @RequiresRabbitMq
    void norDoesThatOfAContainerOfSomeOtherFactory(Container container) throws Exception {
        List<Throwable> seen = new CopyOnWriteArrayList<>();
        listening.with(protection -> impatientWith(Outcome.BUSY, protection));
        startInSomeFactory(
                container,
                AcknowledgeMode.AUTO,
                factory -> factory.setErrorHandler(rejectingEverything(seen)),
                message -> {
                    throw new IllegalStateException("card declined");
                });
        assertThatItSeesTheHandlersFailureOnly(seen);
    }

    private static ErrorHandler rejectingEverything(List<Throwable> seen) {
        return failure -> {
            seen.add(failure);
            throw new AmqpRejectAndDontRequeueException("everything", failure);
        };
    }

    private void assertThatItSeesTheHandlersFailureOnly(List<Throwable> seen) throws Exception {
        shop.publish("fails");
        eventually().until(() -> shop.publisher.messageCount(dead) == 1);
        try (Connection other = shop.pool.getConnection()) {
            other.setAutoCommit(false);
            shop.dedup.claim(other, new MessageKey(shop.queue, "busy"));
            shop.publish("busy");
            eventually().until(() -> listening.outcomes(Outcome.BUSY) >= 1);
            Thread.sleep(500);
            listening.close();
            eventually().until(() -> shop.ready() == 1);
            other.rollback();
        }
        assertThat(shop.publisher.messageCount(dead)).isOne();
        assertThat(seen).hasSize(1);
    }

    /** Given back at once, it would come again at once. */
    @Test
    @RequiresRabbitMq
    void aRecovererThatFailsIsTriedAgainAfterAPauseAndTheHandlerIsNot() throws Exception {
        List<Long> recoveries = new CopyOnWriteArrayList<>();
        listening
                .with(protection -> protection.maxAttempts(1).putAside((message, cause) -> {
                    recoveries.add(System.nanoTime());
                    if (recoveries.size() < 3) {
                        throw new IllegalStateException("the broker is away");
                    }
                }))
                .start(new Orders(message -> {
                    runs.incrementAndGet();
                    throw new IllegalStateException("poison");
                }));
        shop.publish("1");
        eventually().until(() -> recoveries.size() == 3);
        listening.assertQueueEmptyAfterStop();
        assertThat(runs).hasValue(1);
        assertThat(recoveries.get(2) - recoveries.get(0)).isGreaterThan(200_000_000);
    }

    @Test
    @RequiresRabbitMq
    void aFailureThatCannotBeCountedIsCountedAfterAPauseAndTheHandlerIsNotTriedAgain() throws Exception {
        listening.with(protection -> protection.maxAttempts(2)).start(new Orders(message -> {
            if (runs.incrementAndGet() == 1) {
                shop.execute("ALTER TABLE processed_message_attempt RENAME TO elsewhere");
            }
            throw new IllegalStateException("poison");
        }));
        shop.publish("1");
        eventually().until(() -> runs.get() > 0);
        Thread.sleep(700);
        shop.execute("ALTER TABLE elsewhere RENAME TO processed_message_attempt");
        eventually().until(() -> shop.publisher.messageCount(dead) == 1);
        listening.assertQueueEmptyAfterStop();
        assertThat(runs).hasValue(2);
    }
}
