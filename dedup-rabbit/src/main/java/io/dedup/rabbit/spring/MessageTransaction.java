package io.dedup.rabbit.spring;

import io.dedup.DedupException;
import io.dedup.Deduplicator;
import io.dedup.OpenTransaction;
import io.dedup.Outcome;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.TransactionStatus;
import org.springframework.transaction.support.TransactionSynchronization;
import org.springframework.transaction.support.TransactionSynchronizationManager;

/** One Spring transaction that a message is processed in. Of one thread. */
final class MessageTransaction implements OpenTransaction, TransactionSynchronization {

    private static final Logger log = LoggerFactory.getLogger(MessageTransaction.class);

    /** SQLStates of a lost connection, a collision, a server that cannot work. */
    private static final List<String> TROUBLE = List.of("08", "40", "53", "57P", "58");

    private final PlatformTransactionManager manager;
    private final TransactionStatus status;
    private final Connection connection;
    private final Deduplicator health;
    private final Runnable onSuspension;
    private @Nullable MessageTransaction outer;
    private boolean suspended;
    private boolean committed;

    MessageTransaction(
            PlatformTransactionManager manager,
            TransactionStatus status,
            Connection connection,
            Deduplicator health,
            Runnable onSuspension) {
        this.manager = manager;
        this.status = status;
        this.connection = connection;
        this.health = health;
        this.onSuspension = onSuspension;
    }

    /** The one that the calling thread is in at the moment, if any. */
    static @Nullable MessageTransaction current() {
        return (MessageTransaction) TransactionSynchronizationManager.getResource(MessageTransaction.class);
    }

    boolean isSuspended() {
        return suspended;
    }

    void bind() {
        outer = (MessageTransaction)
                TransactionSynchronizationManager.unbindResourceIfPossible(MessageTransaction.class);
        TransactionSynchronizationManager.bindResource(MessageTransaction.class, this);
        if (TransactionSynchronizationManager.isSynchronizationActive()) {
            TransactionSynchronizationManager.registerSynchronization(this);
        }
    }

    private void unbind() {
        TransactionSynchronizationManager.unbindResourceIfPossible(MessageTransaction.class);
        if (outer != null) {
            TransactionSynchronizationManager.bindResource(MessageTransaction.class, outer);
        }
    }

    @Override
    public Connection connection() {
        return connection;
    }

    /** Writes out what JPA holds back, so that its failure is the handler's. */
    void flushSession() {
        status.flush();
    }

    @Override
    public void commit() throws SQLException {
        LastLooks looks = new LastLooks(status, connection, health);
        try {
            looks.refuseIfRollbackOnly();
            commitAfter(looks);
        } catch (RuntimeException | Error e) {
            classify(e, looks);
        } finally {
            unbind();
        }
    }

    private void commitAfter(LastLooks looks) {
        try {
            if (TransactionSynchronizationManager.isSynchronizationActive()) {
                TransactionSynchronizationManager.registerSynchronization(looks);
            } else {
                looks.beforeCommit(false);
            }
            manager.commit(status);
        } finally {
            looks.end();
        }
        if (!looks.foundItSound()) {
            throw new IllegalStateException("it ended before its commit");
        }
    }

    private void classify(Throwable failure, LastLooks looks) throws SQLException {
        if (committed && looks.foundItSound()) {
            log.warn("a callback failed after the commit of a message's transaction, which stands", failure);
            return;
        }
        if (!status.isCompleted()) {
            undo(failure);
        }
        if (looks.foundItSound()) { // its SQLState, or the lack of one, says what may have happened
            throw ListenerFailures.<RuntimeException>asItIs(failure);
        }
        Throwable first = looks.trouble() == null ? failure : looks.trouble();
        if (first instanceof DedupException || isTrouble(first)) {
            throw ListenerFailures.<RuntimeException>asItIs(first);
        }
        throw new DedupException(
                Outcome.FAILED,
                "what runs before the commit (a flush, a synchronization, a hook of Hibernate's) failed: "
                        + first.getMessage(),
                first);
    }

    @Override
    public void rollback() throws SQLException {
        try {
            undo(null);
        } finally {
            unbind();
        }
    }

    private void undo(@Nullable Throwable original) throws SQLException {
        Exception lost = ConnectionRollback.of(connection, original);
        try {
            manager.rollback(status);
        } catch (RuntimeException e) {
            Throwable first = original == null ? lost : original;
            if (first == null) {
                throw e;
            }
            first.addSuppressed(e);
        }
        if (lost != null && original == null) {
            throw new SQLException("the rollback failed: " + lost.getMessage(), lost);
        }
    }

    @Override
    public void suspend() {
        suspended = true;
        onSuspension.run();
    }

    @Override
    public void resume() {
        suspended = false;
    }

    @Override
    public void afterCompletion(int ending) {
        committed = ending == STATUS_COMMITTED;
    }

    /** Before the commit is sent, these are no fault of the handler's; anything else is. */
    private static boolean isTrouble(Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof SQLException e && e.getSQLState() != null) {
                return TROUBLE.stream().anyMatch(e.getSQLState()::startsWith);
            }
        }
        return false;
    }
}
