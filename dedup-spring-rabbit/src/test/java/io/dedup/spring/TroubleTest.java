package io.dedup.spring;

import static io.dedup.rabbit.Shop.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import com.rabbitmq.client.AMQP.BasicProperties;
import com.rabbitmq.client.Channel;
import com.zaxxer.hikari.HikariDataSource;
import io.dedup.MessageKey;
import io.dedup.MissingId;
import io.dedup.NeverRetryException;
import io.dedup.Outcome;
import io.dedup.spring.Listening.Container;
import io.dedup.test.BrokerServer;
import io.dedup.test.Database;
import io.dedup.test.RequiresRabbitMq;
import io.dedup.test.TcpProxy;
import java.sql.Connection;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
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

    private static Advice retry() {
        return SpringLine.retry(2)
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
                .start(new Handling((message, channel) -> {
                    active.add(isProtected());
                    save(message);
                    if (runs.incrementAndGet() < 3 || id(message).equals("poison")) {
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
        private final Handling.Handler handler;

        Unaware(Handling.Handler handler) {
            this.handler = handler;
        }

        @RabbitListener(queues = "${queue}", containerFactory = "someFactory")
        void on(Message message, Channel channel) throws Exception {
            handler.handle(message, channel);
        }
    }

    @ParameterizedTest
    @EnumSource(Container.class)
    @RequiresRabbitMq
    void soItIsInContainersOfOtherFactories(Container container) throws Exception {
        List<Boolean> active = new CopyOnWriteArrayList<>();
        startInSomeFactory(container, (message, channel) -> {
            active.add(isProtected());
            save(message);
            if (runs.incrementAndGet() < 3 || id(message).equals("poison")) {
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

    private void startInSomeFactory(Container container, Handling.Handler handler) {
        listening.context.registerBean("someFactory", AbstractRabbitListenerContainerFactory.class, () -> {
            AbstractRabbitListenerContainerFactory<?> factory = container == Container.SIMPLE
                    ? new SimpleRabbitListenerContainerFactory()
                    : new DirectRabbitListenerContainerFactory();
            factory.setConnectionFactory(listening.context.getBean(CachingConnectionFactory.class));
            factory.setAcknowledgeMode(AcknowledgeMode.AUTO);
            factory.setAdviceChain(listening.protection().deadLetterByBroker().around(retry()));
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
                    .start(new Handling((message, channel) -> {
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
                .start(new Handling((message, channel) -> save(message)));
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
        listening.with(protection -> protection.maxAttempts(3)).start(new Handling((message, channel) -> {
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
                .start(new Handling((message, channel) -> {
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
    void aMessageWithoutIdIsDeadLettered() throws Exception {
        listening.start(new Handling((message, channel) -> save(message)));
        for (String id : new String[] {null, "", "  "}) {
            shop.publish(new BasicProperties.Builder().messageId(id).build(), "{}");
        }
        eventually().until(() -> shop.publisher.messageCount(dead) == 3);
        listening.assertQueueEmptyAfterStop();
        assertThat(shop.keys()).isZero();
    }

    @Test
    void aMessageWithoutIdIsProcessedUnprotectedWhereThatIsWished() throws Exception {
        listening
                .with(protection -> protection.onMissingId(MissingId.PROCESS_UNPROTECTED))
                .start(new Handling((message, channel) -> save(message)));
        shop.publish(new BasicProperties(), "{}");
        shop.publish(new BasicProperties(), "{}");
        eventually().until(() -> shop.effects() == 2);
        listening.assertQueueEmptyAfterStop();
    }

    @ParameterizedTest
    @EnumSource(Container.class)
    @RequiresRabbitMq
    void anErrorHandlerThatRejectsEverythingDoesNotSeeTroubleThatIsNotTheHandlers(Container container)
            throws Exception {
        List<Throwable> seen = new CopyOnWriteArrayList<>();
        listening
                .in(container, AcknowledgeMode.AUTO)
                .with(protection -> protection.listener(interruptingAt(Outcome.BUSY)))
                .factory(factory -> factory.setErrorHandler(rejectingEverything(seen)))
                .start(new Handling((message, channel) -> {
                    throw new IllegalStateException("card declined");
                }));
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
                .with(protection -> protection.pause(Duration.ofMillis(150), Duration.ofMillis(400)))
                .with(protection -> protection.maxAttempts(1).recoverer((message, cause) -> {
                    recoveries.add(System.nanoTime());
                    if (recoveries.size() < 3) {
                        throw new IllegalStateException("the broker is away");
                    }
                }))
                .start(new Handling((message, channel) -> {
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
    void aFailureThatCannotBeCountedCostsNoAttempt() throws Exception {
        listening.with(protection -> protection.maxAttempts(2)).start(new Handling((message, channel) -> {
            if (runs.incrementAndGet() == 1) {
                shop.execute("ALTER TABLE processed_message_attempt RENAME TO elsewhere");
            }
            throw new IllegalStateException("poison");
        }));
        shop.publish("1");
        eventually().until(() -> runs.get() > 0);
        Thread.sleep(700);
        shop.execute("ALTER TABLE elsewhere RENAME TO processed_message_attempt");
        eventually().until(() -> listening.deadLetters.size() == 1);
        assertThat(shop.publisher.messageCount(dead)).isOne();
        listening.assertQueueEmptyAfterStop();
        assertThat(runs).as("one that was not counted, and two that were").hasValue(3);
    }
}
