package io.dedup.spring;

import io.dedup.DedupException;
import io.dedup.MessageKey;
import io.dedup.spi.OpenTransaction;
import io.dedup.spring.ListenerRefusedException.Reason;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.springframework.amqp.core.MessageListener;
import org.springframework.amqp.rabbit.listener.AbstractMessageListenerContainer;
import org.springframework.amqp.rabbit.transaction.RabbitTransactionManager;
import org.springframework.transaction.PlatformTransactionManager;

/** Refuses what cannot be protected, at the start and not at the first message. */
final class StartCheck {

    private StartCheck() {}

    /** Of what the container was told. */
    static void configuration(AbstractMessageListenerContainer container, boolean commitsAfterAck) {
        MessageListener listener = container.getMessageListener();
        if (container.getAcknowledgeMode().isAutoAck()) {
            throw refused(
                    Reason.ACKNOWLEDGE_MODE_NONE,
                    container,
                    "has AcknowledgeMode.NONE, where the broker forgets a message as it sends it: what fails is lost",
                    "use AUTO (spring.rabbitmq.listener.simple.acknowledge-mode=auto)",
                    null);
        }
        if (listener != null && listener.isAsyncReplies()) {
            throw refused(
                    Reason.ASYNCHRONOUS_HANDLER,
                    container,
                    "has a handler that returns a Future, a Mono or is a suspend function: it is at work after its"
                            + " transaction has ended",
                    "let it do its database work before it returns, and return the value itself or nothing",
                    null);
        }
        if (commitsAfterAck) {
            throw refused(
                    Reason.CONTAINER_TRANSACTION_MANAGER,
                    container,
                    "has a transactionManager and channels that are not transacted, which acknowledges before the commit",
                    "take the transactionManager away from the container: the library begins each message's transaction",
                    null);
        }
        if (!container.isExposeListenerChannel()) {
            throw refused(
                    Reason.CHANNEL_NOT_EXPOSED,
                    container,
                    "has exposeListenerChannel=false, so replies would be sent before the commit",
                    "leave exposeListenerChannel at its default, true",
                    null);
        }
    }

    /** A settling direct container has each message settled on its own. */
    static void noGroups(AbstractMessageListenerContainer container, ListenerConfig config, ContainerKind kind) {
        if (config.maxGroup() > 1) {
            throw refused(
                    Reason.GROUPS,
                    container,
                    "is in a direct container, which cannot gather messages to groups where it is settling, since "
                            + kind.why(),
                    "use a DedupRabbitListenerContainerFactory, or leave maxGroup at 1",
                    null);
        }
    }

    /**
     * Each message in work holds one; a transaction of the container's around it, which the message's own suspends, holds
     * another. One of RabbitMQ's holds none.
     */
    static int connections(int threads, @Nullable PlatformTransactionManager ofContainer) {
        return ofContainer == null || ofContainer instanceof RabbitTransactionManager ? threads : 2 * threads;
    }

    /** Of everything that a message needs. */
    static void database(AbstractMessageListenerContainer container, ListenerConfig config, int connections) {
        try {
            config.engine().verify();
        } catch (DedupException e) {
            throw refused(Reason.DATABASE, container, "cannot use the database: " + e.what(), e.action(), e);
        }
        try {
            config.engine().verifyPool(connections);
        } catch (DedupException e) {
            throw refused(
                    Reason.POOL_TOO_SMALL,
                    container,
                    "has more threads than the pool has connections (a transactionManager of the container's takes one"
                            + " more for each): " + e.what(),
                    e.action(),
                    e);
        }
        try {
            claimOnTrial(config);
        } catch (SQLException | RuntimeException e) {
            throw refused(
                    Reason.OTHER_DATA_SOURCE,
                    container,
                    "cannot claim a message in the transaction manager's transactions: "
                            + (e instanceof DedupException d ? d.what() : e.getMessage()),
                    e instanceof DedupException d ? d.action() : "give both the same DataSource bean",
                    e);
        }
    }

    private static void claimOnTrial(ListenerConfig config) throws SQLException {
        OpenTransaction trial = config.transactions().begin();
        try {
            var unused =
                    config.dedup().claim(trial.connection(), new MessageKey("io.dedup", "verify " + UUID.randomUUID()));
        } finally {
            trial.rollback();
        }
    }

    private static ListenerRefusedException refused(
            Reason reason,
            AbstractMessageListenerContainer container,
            String what,
            String action,
            @Nullable Throwable cause) {
        String listener = "the listener of " + Arrays.toString(container.getQueueNames());
        return new ListenerRefusedException(reason, listener + " " + what, action, cause);
    }
}
