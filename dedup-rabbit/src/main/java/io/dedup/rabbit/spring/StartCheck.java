package io.dedup.rabbit.spring;

import io.dedup.DedupException;
import io.dedup.MessageKey;
import io.dedup.OpenTransaction;
import io.dedup.rabbit.spring.ListenerRefusedException.Reason;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.springframework.amqp.core.MessageListener;
import org.springframework.amqp.rabbit.listener.AbstractMessageListenerContainer;
import org.springframework.amqp.rabbit.listener.RabbitListenerContainerFactory;
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

    static void noManual(AbstractMessageListenerContainer container) {
        if (container.getAcknowledgeMode().isManual()) {
            throw refused(
                    Reason.ACKNOWLEDGE_MODE_MANUAL,
                    container,
                    "has AcknowledgeMode.MANUAL, which the protection of all listeners cannot see to",
                    "use AUTO, or make its container factory a DedupRabbitListenerContainerFactory",
                    null);
        }
    }

    /** Its containers may be of any kind, and nothing of them can be seen. */
    static ListenerRefusedException unadvised(String listener, RabbitListenerContainerFactory<?> factory) {
        return new ListenerRefusedException(
                Reason.CONTAINER_FACTORY,
                "the listener " + listener + " has a container factory of "
                        + factory.getClass().getName() + ", which takes no advice and so no protection",
                "make its container factory a DedupRabbitListenerContainerFactory, or choose the listeners to protect"
                        + " by @DedupRabbitListener instead of all",
                null);
    }

    static void noGroups(AbstractMessageListenerContainer container, Terms terms) {
        if (terms.groups() > 1) {
            throw refused(
                    Reason.GROUPS,
                    container,
                    "is a direct container, which cannot gather messages to groups",
                    "use a DedupRabbitListenerContainerFactory, or leave groups at 1",
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
    static void database(AbstractMessageListenerContainer container, Terms terms, int connections) {
        try {
            terms.dedup().verify();
        } catch (DedupException e) {
            throw refused(Reason.DATABASE, container, "cannot use the database", String.valueOf(e.getMessage()), e);
        }
        try {
            terms.dedup().verifyPool(connections);
        } catch (DedupException e) {
            throw refused(
                    Reason.POOL_TOO_SMALL,
                    container,
                    "has more threads than the pool has connections (a transactionManager of the container's takes one"
                            + " more for each)",
                    String.valueOf(e.getMessage()),
                    e);
        }
        try {
            claimOnTrial(terms);
        } catch (SQLException | RuntimeException e) {
            throw refused(
                    Reason.OTHER_DATA_SOURCE,
                    container,
                    "cannot claim a message in the transaction manager's transactions",
                    String.valueOf(e.getMessage()),
                    e);
        }
    }

    private static void claimOnTrial(Terms terms) throws SQLException {
        OpenTransaction trial = terms.transactions().begin();
        try {
            terms.dedup().claim(trial.connection(), new MessageKey("io.dedup", "verify " + UUID.randomUUID()));
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
