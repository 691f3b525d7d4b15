package io.dedup.spring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import com.zaxxer.hikari.HikariDataSource;
import io.dedup.spring.ListenerRefusedException.Reason;
import io.dedup.spring.Listening.Container;
import io.dedup.test.Database;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.springframework.amqp.core.AcknowledgeMode;
import org.springframework.amqp.core.Message;
import org.springframework.amqp.rabbit.transaction.RabbitTransactionManager;
import org.springframework.jdbc.support.JdbcTransactionManager;

/** Trap 10, and others: what cannot be protected does not start, and says why. */
@Timeout(60)
class RefusalTest extends WithListening {

    static class Orders {
        @DedupRabbitListener(queues = "${queue}")
        void on(Message message) {}
    }

    static class Many {
        @DedupRabbitListener(queues = "${queue}", concurrency = "3")
        void on(Message message) {}
    }

    static class Later {
        @DedupRabbitListener(queues = "${queue}")
        CompletableFuture<String> on(Message message) {
            return CompletableFuture.completedFuture("later");
        }
    }

    private void assertRefused(Reason reason, String words, Object listener) {
        Throwable thrown = catchThrowable(() -> listening.start(listener));
        Throwable cause = thrown;
        while (cause != null && !(cause instanceof ListenerRefusedException)) {
            cause = cause.getCause();
        }
        assertThat(cause).as("in the causes of %s", thrown).isInstanceOf(ListenerRefusedException.class);
        ListenerRefusedException refusal = (ListenerRefusedException) cause;
        assertThat(refusal.reason()).isEqualTo(reason);
        assertThat(refusal.what()).contains(shop.queue).contains(words);
        assertThat(refusal.action()).isNotBlank();
    }

    @ParameterizedTest
    @EnumSource(Container.class)
    void acknowledgeModeNone(Container container) {
        listening.in(container, AcknowledgeMode.NONE);
        assertRefused(Reason.ACKNOWLEDGE_MODE_NONE, "forgets a message as it sends it", new Orders());
    }

    @ParameterizedTest
    @EnumSource(Container.class)
    void aContainersTransactionManagerWithoutTransactedChannels(Container container) {
        listening
                .in(container, AcknowledgeMode.AUTO)
                .factory(factory -> factory.setTransactionManager(new RabbitTransactionManager()));
        assertRefused(Reason.CONTAINER_TRANSACTION_MANAGER, "acknowledges before the commit", new Orders());
    }

    @ParameterizedTest
    @EnumSource(Container.class)
    void aHandlerThatAnswersLater(Container container) {
        listening.in(container, AcknowledgeMode.AUTO);
        assertRefused(Reason.ASYNCHRONOUS_HANDLER, "after its transaction has ended", new Later());
    }

    @ParameterizedTest
    @EnumSource(Container.class)
    void aPoolSmallerThanTheConcurrency(Container container, Database database) {
        try (HikariDataSource small = new HikariDataSource()) {
            small.setJdbcUrl(database.jdbcUrl());
            small.setMaximumPoolSize(2);
            listening.in(container, AcknowledgeMode.AUTO).dataSource(small);
            assertRefused(Reason.POOL_TOO_SMALL, "more threads than the pool has connections", new Many());
        }
    }

    /** Beside the message's transaction each thread then has one of the container's open. */
    @ParameterizedTest
    @EnumSource(Container.class)
    void aPoolThatIsTooSmallForAContainersOwnTransactionsToo(Container container, Database database) {
        try (HikariDataSource small = new HikariDataSource()) {
            small.setJdbcUrl(database.jdbcUrl());
            small.setMaximumPoolSize(5);
            listening.in(container, AcknowledgeMode.AUTO).dataSource(small).factory(factory -> {
                factory.setChannelTransacted(true);
                factory.setTransactionManager(new JdbcTransactionManager(small));
            });
            assertRefused(Reason.POOL_TOO_SMALL, "more threads than the pool has connections", new Many());
        }
    }

    @Test
    void aTransactionManagerOnAnotherDataSource(Database other) {
        listening.with(
                protection -> Protection.of(shop.dedup, new JdbcTransactionManager(other.dataSource()), shop.pool));
        assertRefused(Reason.OTHER_DATA_SOURCE, "cannot claim a message", new Orders());
    }

    @Test
    void aDatabaseThatIsNotMigrated() {
        shop.execute("DROP TABLE processed_message CASCADE");
        assertRefused(Reason.DATABASE, "cannot use the database", new Orders());
        shop.execute("DROP TABLE dedup_schema_history, processed_message_attempt");
        shop.dedup.admin().migrate();
    }

    @Test
    void aChannelThatTheHandlerDoesNotSee() {
        listening.factory(
                factory -> factory.setContainerCustomizer(container -> container.setExposeListenerChannel(false)));
        assertRefused(Reason.CHANNEL_NOT_EXPOSED, "replies would be sent before the commit", new Orders());
    }

    @Test
    void groupsInADirectContainerThatSettles() {
        listening
                .in(Container.DIRECT, AcknowledgeMode.AUTO)
                .with(protection -> protection.maxGroup(10))
                .settling();
        assertRefused(Reason.GROUPS, "cannot gather messages", new Orders());
    }
}
