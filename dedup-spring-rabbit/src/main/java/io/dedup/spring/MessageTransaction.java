package io.dedup.spring;

import io.dedup.Deduplicator;
import io.dedup.spi.OpenTransaction;
import java.sql.Connection;
import java.sql.SQLException;
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

    private final PlatformTransactionManager manager;
    private final TransactionStatus status;
    private final Connection connection;
    private final Deduplicator health;
    private final Runnable onSuspension;
    private @Nullable MessageTransaction outer;
    private boolean suspended;
    private boolean committed;
    private boolean commitSent = true;

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

    @Override
    public boolean isSuspended() {
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
    public boolean isCommitSent() {
        return commitSent;
    }

    @Override
    public void commit() throws SQLException {
        PreCommitCheck check = new PreCommitCheck(status, connection, health);
        try {
            check.refuseIfRollbackOnly();
            commitAfter(check);
        } catch (RuntimeException | Error e) {
            failed(e, check);
        } finally {
            unbind();
        }
    }

    private void commitAfter(PreCommitCheck check) {
        try {
            if (TransactionSynchronizationManager.isSynchronizationActive()) {
                TransactionSynchronizationManager.registerSynchronization(check);
            } else {
                check.beforeCommit(false);
            }
            manager.commit(status);
        } finally {
            check.end();
        }
        if (!check.foundItSound()) {
            throw new IllegalStateException("it ended before its commit");
        }
    }

    private void failed(Throwable failure, PreCommitCheck check) throws SQLException {
        if (committed && check.foundItSound()) {
            log.warn("a callback failed after the commit of a message's transaction, which stands", failure);
            return;
        }
        if (!status.isCompleted()) {
            undo(failure);
        }
        commitSent = check.foundItSound();
        Throwable first = commitSent || check.failure() == null ? failure : check.failure();
        throw ListenerFailures.<RuntimeException>asItIs(first);
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
}
