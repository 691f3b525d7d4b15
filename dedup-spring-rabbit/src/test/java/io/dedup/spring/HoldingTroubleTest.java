package io.dedup.spring;

import static io.dedup.rabbit.Shop.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import com.zaxxer.hikari.HikariDataSource;
import io.dedup.MessageKey;
import io.dedup.Outcome;
import io.dedup.spring.Listening.Container;
import io.dedup.test.BrokerServer;
import io.dedup.test.Database;
import io.dedup.test.RequiresRabbitMq;
import io.dedup.test.TcpProxy;
import io.dedup.test.Trap;
import java.sql.Connection;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.springframework.amqp.core.AcknowledgeMode;

/** What is no fault of the handler's, in containers that hold: nothing is counted, nothing dead-lettered, others pass. */
@RequiresRabbitMq
@Timeout(120)
class HoldingTroubleTest extends WithListening {

    private final AtomicInteger runs = new AtomicInteger();

    static Stream<Arguments> endings() {
        return Listening.kinds()
                .flatMap(kind ->
                        Stream.of(false, true).map(commits -> Arguments.of(kind.get()[0], kind.get()[1], commits)));
    }

    /** Another transaction holds its key for longer than a claim of a container that settles would wait. */
    @ParameterizedTest
    @MethodSource("endings")
    void aBusyMessageHoldsUpNoOthersAndIsDecidedByTheOtherTransaction(
            Container container, AcknowledgeMode mode, boolean commits) throws Exception {
        listening.with(protection -> protection.maxAttempts(1));
        start(container, mode, (message, channel) -> save(message));
        try (Connection other = shop.pool.getConnection()) {
            other.setAutoCommit(false);
            shop.dedup.claim(other, new MessageKey(shop.queue, "busy"));
            shop.publish("busy");
            publishAll("good ", 200);
            eventually().until(() -> shop.effects() == 200);
            eventually().until(() -> listening.outcomes(Outcome.BUSY) >= 6); // 50 ms and each time twice as much
            assertThat(listening.dead()).isZero();
            if (commits) {
                other.commit();
            } else {
                other.rollback();
            }
        }
        Outcome expected = commits ? Outcome.DUPLICATE : Outcome.PROCESSED;
        eventually()
                .until(() -> listening.results.stream()
                        .anyMatch(result -> result.key().messageId().equals("busy") && result.outcome() == expected));
        listening.assertQueueEmptyAfterStop();
        assertThat(listening.dead()).isZero();
        assertThat(shop.effects()).isEqualTo(commits ? 200 : 201);
        assertThat(shop.doubled()).isZero();
    }

    @ParameterizedTest
    @MethodSource("io.dedup.spring.Listening#kinds")
    void aDatabaseThatGoesAwayAndComesBackCostsNothing(Container container, AcknowledgeMode mode, Database database)
            throws Exception {
        try (TcpProxy cable = TcpProxy.to(database.host(), database.port());
                HikariDataSource pool = new HikariDataSource()) {
            pool.setJdbcUrl(database.through(cable).jdbcUrl());
            pool.setConnectionTimeout(500);
            listening
                    .dataSource(pool)
                    .concurrency(3)
                    .factory(factory -> factory.setPrefetchCount(20))
                    .with(protection -> protection.maxAttempts(1));
            start(container, mode, (message, channel) -> {
                if (runs.incrementAndGet() == 30) {
                    cable.refuse();
                }
                save(message);
            });
            publishAll("order ", 200);
            eventually().until(() -> listening.outcomes(Outcome.UNAVAILABLE) >= 1);
            Thread.sleep(700); // until all workers have found out
            int begun = runs.get();
            int tried = listening.results.size();
            Thread.sleep(1_200);
            assertThat(runs)
                    .as("handlers that were begun while the database was away")
                    .hasValue(begun);
            assertThat(listening.results.size() - tried)
                    .as("messages that were tried, while one look is enough for all")
                    .isLessThan(10);
            cable.accept();
            eventually().until(() -> shop.effects() == 200);
            listening.assertQueueEmptyAfterStop();
        }
        assertThat(shop.doubled()).isZero();
        assertThat(listening.dead()).isZero();
        assertThat(shop.count("SELECT count(*) FROM processed_message_attempt WHERE consumer = '" + shop.queue + "'"))
                .as("failures counted for trouble that was not the handler's")
                .isZero();
    }

    @ParameterizedTest
    @EnumSource(Container.class)
    void aContainerThatStopsWhileTheDatabaseIsAwayGivesItsMessagesBack(Container container, Database database)
            throws Exception {
        try (TcpProxy cable = TcpProxy.to(database.host(), database.port());
                HikariDataSource pool = new HikariDataSource()) {
            pool.setJdbcUrl(database.through(cable).jdbcUrl());
            pool.setConnectionTimeout(500);
            listening.dataSource(pool).with(protection -> protection.maxAttempts(1));
            start(container, AcknowledgeMode.AUTO, (message, channel) -> save(message));
            cable.refuse();
            publishAll("order ", 20);
            eventually().until(() -> listening.outcomes(Outcome.UNAVAILABLE) >= 1);
            listening.close();
            eventually().untilAsserted(() -> assertThat(shop.ready()).isEqualTo(20));
        }
        assertThat(listening.dead()).isZero();
    }

    /** Trap 7 of the design: never acknowledged and never counted; its next run finds out. */
    @ParameterizedTest
    @MethodSource("io.dedup.spring.Listening#kinds")
    void aCommitWhoseAnswerIsLostIsNoFailureAndIsDetectedAsADuplicate(
            Container container, AcknowledgeMode mode, Database database) throws Exception {
        try (TcpProxy cable = TcpProxy.to(database.host(), database.port());
                HikariDataSource pool = new HikariDataSource()) {
            pool.setJdbcUrl(database.through(cable).jdbcUrl());
            pool.setConnectionTimeout(2_000);
            listening.dataSource(pool).with(protection -> protection.maxAttempts(1));
            start(container, mode, (message, channel) -> {
                save(message);
                if (runs.incrementAndGet() == 1) {
                    Trap commit = cable.onClientSending("COMMIT").cutAfter();
                    assertThat(commit.sprung()).isFalse();
                }
            });
            shop.publish("1");
            eventually().until(() -> listening.outcomes(Outcome.DUPLICATE) == 1);
            listening.assertQueueEmptyAfterStop();
        }
        assertThat(listening.outcomes(Outcome.UNKNOWN)).isOne();
        assertThat(runs).hasValue(1);
        assertThat(shop.effects()).isOne();
        assertThat(listening.dead()).isZero();
    }

    /**
     * Trap 11 of the design: a quorum queue drops what has come back too often, and counts each end of a connection up to
     * once for each channel that consumes.
     */
    @ParameterizedTest
    @EnumSource(Container.class)
    void aDozenCutsOfTheConnectionLoseNothingWhereFourWorkersConsume(Container container, BrokerServer broker)
            throws Exception {
        shop.publisher.queueDelete(shop.queue);
        // As RabbitMQ 4 has it by default; 3.x has no limit unless asked.
        shop.publisher.queueDeclare(
                shop.queue, true, false, false, Map.of("x-queue-type", "quorum", "x-delivery-limit", 20));
        publishAll("order ", 100);
        try (TcpProxy proxy = TcpProxy.to(broker.host(), broker.port())) {
            listening.rabbit(broker.connectionFactory(proxy)).concurrency(4);
            start(container, AcknowledgeMode.AUTO, (message, channel) -> {
                Thread.sleep(500);
                save(message);
            });
            for (int cut = 0; cut < 12; cut++) {
                Thread.sleep(700);
                proxy.cut();
            }
            eventually().until(() -> shop.effects() + listening.dead() >= 100);
            listening.assertQueueEmptyAfterStop();
        }
        assertThat(listening.dead()).isZero();
        assertThat(shop.effects()).isEqualTo(100);
        assertThat(shop.doubled()).isZero();
    }

    @ParameterizedTest
    @EnumSource(Container.class)
    void aMessageThatFailsMoreOftenThanTheDeliveryLimitAllowsIsNotDropped(Container container) throws Exception {
        shop.publisher.queueDelete(shop.queue);
        shop.publisher.queueDeclare(
                shop.queue, true, false, false, Map.of("x-queue-type", "quorum", "x-delivery-limit", 3));
        listening.with(protection -> protection.maxAttempts(1_000).pause(Duration.ofMillis(10), Duration.ofMillis(20)));
        start(container, AcknowledgeMode.AUTO, (message, channel) -> {
            if (runs.incrementAndGet() <= 25) {
                throw new IllegalStateException("attempt " + runs);
            }
            save(message);
        });
        shop.publish("1");
        eventually().until(() -> shop.effects() == 1);
        listening.assertQueueEmptyAfterStop();
        assertThat(runs).hasValue(26);
    }
}
