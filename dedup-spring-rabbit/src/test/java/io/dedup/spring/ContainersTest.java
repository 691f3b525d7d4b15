package io.dedup.spring;

import static io.dedup.rabbit.Shop.eventually;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.rabbitmq.client.AMQP.BasicProperties;
import io.dedup.Dedup;
import io.dedup.DifferentBody;
import io.dedup.Outcome;
import io.dedup.spring.Listening.Container;
import io.dedup.test.BrokerServer;
import io.dedup.test.RequiresRabbitMq;
import io.dedup.test.TcpProxy;
import io.dedup.test.Trap;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.springframework.amqp.core.AcknowledgeMode;
import org.springframework.dao.DataAccessException;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

/** What holds in each kind of container, whoever acknowledges. */
@Timeout(90)
class ContainersTest extends WithListening {

    /** Class 60, method 80. */
    private static final byte[] BASIC_ACK = {0, 60, 0, 80};

    private final AtomicInteger runs = new AtomicInteger();

    /** Who settles a message: the library, or the container by Spring's rules. */
    enum Kind {
        HOLDING,
        SETTLING
    }

    static Stream<Arguments> kinds() {
        return Stream.concat(
                Stream.of(Container.values())
                        .flatMap(container -> Stream.of(AcknowledgeMode.AUTO, AcknowledgeMode.MANUAL)
                                .map(mode -> Arguments.of(container, mode, Kind.HOLDING))),
                Stream.of(
                        Arguments.of(Container.SIMPLE, AcknowledgeMode.AUTO, Kind.SETTLING),
                        Arguments.of(Container.SIMPLE, AcknowledgeMode.MANUAL, Kind.SETTLING),
                        Arguments.of(Container.DIRECT, AcknowledgeMode.AUTO, Kind.SETTLING)));
    }

    static Stream<Arguments> transacted() {
        Stream<Arguments> without = Listening.kinds().map(kind -> Arguments.of(kind.get()[0], kind.get()[1], false));
        // With AUTO only: where the user acknowledges, Spring's own commit does not take the channel along.
        Stream<Arguments> with =
                Stream.of(Container.values()).map(container -> Arguments.of(container, AcknowledgeMode.AUTO, true));
        return Stream.concat(without, with);
    }

    private void start(Container container, AcknowledgeMode mode, Kind kind, Handling.Handler handler) {
        if (kind == Kind.SETTLING) {
            listening.settling();
        }
        start(container, mode, handler);
    }

    private void assertAMessageTakesEffectAtRun(int run) throws Exception {
        shop.publish("1");
        eventually().until(() -> shop.keys() == 1);
        listening.assertQueueEmptyAfterStop();
        assertThat(runs).hasValue(run);
        assertThat(shop.effects()).isOne();
    }

    @ParameterizedTest
    @MethodSource("kinds")
    void aMessageAndItsCopiesTakeEffectOnce(Container container, AcknowledgeMode mode, Kind kind) throws Exception {
        start(container, mode, kind, (message, channel) -> {
            Dedup.assertActive();
            save(message);
        });
        for (String id : List.of("1", "2", "1", "1", "3", "2")) {
            shop.publish(id);
        }
        eventually().until(() -> listening.results.size() == 6);
        listening.assertQueueEmptyAfterStop();
        assertThat(shop.effects()).isEqualTo(3);
        assertThat(listening.outcomes(Outcome.DUPLICATE)).isEqualTo(3);
    }

    @ParameterizedTest
    @MethodSource("kinds")
    void aFailingHandlerLeavesNothingAndItsMessageComesAgain(Container container, AcknowledgeMode mode, Kind kind)
            throws Exception {
        start(container, mode, kind, (message, channel) -> {
            save(message);
            if (runs.incrementAndGet() <= 2) {
                throw new IllegalStateException("card declined");
            }
        });
        assertAMessageTakesEffectAtRun(3);
    }

    @ParameterizedTest
    @MethodSource("kinds")
    void aSwallowedSqlErrorIsNotAcked(Container container, AcknowledgeMode mode, Kind kind) throws Exception {
        start(container, mode, kind, (message, channel) -> {
            save(message);
            if (runs.incrementAndGet() == 1) {
                try {
                    listening.context.getBean(JdbcTemplate.class).execute("INSERT INTO no_such_table VALUES (1)");
                } catch (DataAccessException swallowed) {
                    // as handlers do
                }
            }
        });
        assertAMessageTakesEffectAtRun(2);
    }

    @ParameterizedTest
    @MethodSource("kinds")
    void whatANestedTransactionMarkedRollbackOnlyIsNotAcked(Container container, AcknowledgeMode mode, Kind kind)
            throws Exception {
        start(container, mode, kind, (message, channel) -> {
            save(message);
            if (runs.incrementAndGet() == 1) {
                try {
                    new TransactionTemplate(listening.context.getBean(PlatformTransactionManager.class))
                            .executeWithoutResult(status -> {
                                throw new IllegalStateException("nested");
                            });
                } catch (IllegalStateException caught) {
                    // as handlers do
                }
            }
        });
        assertAMessageTakesEffectAtRun(2);
    }

    /** Traps 4 and 5: what is acknowledged there is settled by the container's commit. */
    @ParameterizedTest
    @MethodSource("transacted")
    @RequiresRabbitMq
    void onTransactedChannelsToo(Container container, AcknowledgeMode mode, boolean transactionManager)
            throws Exception {
        listening.factory(factory -> {
            factory.setChannelTransacted(true);
            if (transactionManager) {
                factory.setTransactionManager(new JdbcTransactionManager(shop.pool));
            }
        });
        start(container, mode, (message, channel) -> {
            save(message);
            if (runs.incrementAndGet() <= 2) {
                throw new IllegalStateException("card declined");
            }
        });
        shop.publish("1");
        shop.publish("1");
        eventually().until(() -> listening.outcomes(Outcome.DUPLICATE) == 1);
        listening.assertQueueEmptyAfterStop();
        assertThat(shop.effects()).isOne();
    }

    @ParameterizedTest
    @MethodSource("kinds")
    void anotherBodyUnderAnOldIdIsProcessedOnceWhereThatIsWished(Container container, AcknowledgeMode mode, Kind kind)
            throws Exception {
        listening.with(protection -> protection.onDifferentBody(DifferentBody.PROCESS));
        start(container, mode, kind, (message, channel) -> listening.save(new String(message.getBody(), UTF_8)));
        for (String body : List.of("first", "second", "first", "second")) {
            shop.publish(new BasicProperties.Builder().messageId("1").build(), body);
        }
        eventually().until(() -> listening.outcomes(Outcome.DUPLICATE) == 2);
        listening.assertQueueEmptyAfterStop();
        assertThat(shop.effects()).isEqualTo(2);
        assertThat(shop.doubled()).isZero();
    }

    /** A second acknowledgement of one delivery would close the channel, and the messages on it would come again. */
    @ParameterizedTest
    @MethodSource("kinds")
    void theHandlersOwnAckWaitsForTheCommitAndIsNotDoubled(Container container, AcknowledgeMode mode, Kind kind)
            throws Exception {
        List<Boolean> redelivered = new CopyOnWriteArrayList<>();
        start(container, mode, kind, (message, channel) -> {
            redelivered.add(message.getMessageProperties().isRedelivered());
            channel.basicAck(message.getMessageProperties().getDeliveryTag(), false);
            save(message);
            if (runs.incrementAndGet() == 1) {
                throw new IllegalStateException("after its ack");
            }
        });
        for (int i = 1; i <= 5; i++) {
            shop.publish(String.valueOf(i));
        }
        eventually().until(() -> shop.keys() == 5);
        listening.assertQueueEmptyAfterStop();
        assertThat(shop.effects()).isEqualTo(5);
        assertThat(redelivered).hasSize(6);
        if (kind == Kind.SETTLING) {
            assertThat(redelivered).containsOnlyOnce(true);
        } else {
            assertThat(redelivered).doesNotContain(true); // it runs again from here
        }
        assertThat(listening.channelErrors()).isEmpty();
    }

    @ParameterizedTest
    @MethodSource("kinds")
    @RequiresRabbitMq // where what is rejected does not come again
    void whatTheHandlerRejectsIsRolledBackAndSettledAsItSays(Container container, AcknowledgeMode mode, Kind kind)
            throws Exception {
        start(container, mode, kind, (message, channel) -> {
            save(message);
            long tag = message.getMessageProperties().getDeliveryTag();
            if (runs.incrementAndGet() == 1) {
                channel.basicNack(tag, false, true);
            } else if (id(message).equals("poison")) {
                channel.basicReject(tag, false);
            }
        });
        shop.publish("1");
        eventually().until(() -> shop.keys() == 1);
        shop.publish("poison");
        shop.publish("2");
        eventually().until(() -> shop.keys() == 2);
        if (kind == Kind.HOLDING) { // nothing that the library rejects is dropped
            eventually().until(() -> listening.dead() == 1);
        }
        listening.assertQueueEmptyAfterStop();
        assertThat(runs).hasValue(4);
        assertThat(shop.effects()).isEqualTo(2);
    }

    @ParameterizedTest
    @MethodSource("kinds")
    void whenTheAckIsSentTheEffectsAreCommittedAndOneThatIsLostCostsNothing(
            Container container, AcknowledgeMode mode, Kind kind, BrokerServer broker) throws Exception {
        try (TcpProxy proxy = TcpProxy.to(broker.host(), broker.port())) {
            listening.rabbit(broker.connectionFactory(proxy));
            Trap trap = proxy.onClientSending(BASIC_ACK).cutBefore();
            start(container, mode, kind, (message, channel) -> {
                runs.incrementAndGet();
                save(message);
            });
            shop.publish("1");
            trap.awaitSprung(Duration.ofSeconds(20));
            assertThat(shop.effects() + shop.keys()).isEqualTo(2);
            Trap second = proxy.onClientSending(BASIC_ACK).run(() -> {});
            second.awaitSprung(Duration.ofSeconds(30));
            listening.assertQueueEmptyAfterStop();
        }
        assertThat(runs).hasValue(1);
        assertThat(shop.effects()).isOne();
        assertThat(listening.outcomes(Outcome.DUPLICATE)).isOne();
    }

    @ParameterizedTest
    @MethodSource("kinds")
    void severalThreadsDeliverEachCopyAndEachTakesEffectOnce(Container container, AcknowledgeMode mode, Kind kind)
            throws Exception {
        listening.concurrency(4).factory(factory -> factory.setPrefetchCount(5));
        start(container, mode, kind, (message, channel) -> {
            if (runs.incrementAndGet() % 7 == 0) {
                throw new IllegalStateException("bad luck");
            }
            save(message);
        });
        for (int copy = 0; copy < 3; copy++) {
            for (int i = 0; i < 50; i++) {
                shop.publish("message " + i);
            }
        }
        eventually().until(() -> listening.outcomes(Outcome.PROCESSED) + listening.outcomes(Outcome.DUPLICATE) >= 150);
        listening.assertQueueEmptyAfterStop();
        assertThat(shop.effects()).isEqualTo(50);
        assertThat(shop.doubled()).isZero();
    }
}
