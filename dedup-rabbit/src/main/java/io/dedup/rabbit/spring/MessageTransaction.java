package io.dedup.rabbit.spring;

import io.dedup.DedupException;
import io.dedup.Deduplicator;
import io.dedup.OpenTransaction;
import io.dedup.Outcome;
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
    private boolean sound;
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
        try {
            refuseIfRollbackOnly();
            boolean synchronizes = TransactionSynchronizationManager.isSynchronizationActive();
            if (synchronizes) {
                TransactionSynchronizationManager.registerSynchronization(new LastCheck());
            } else {
                checkLast();
            }
            manager.commit(status);
        } catch (RuntimeException | Error e) {
            classify(e);
        } finally {
            unbind();
        }
    }

    private void classify(Throwable failure) throws SQLException {
        if (committed) {
            log.warn("a callback failed after the commit of a message's transaction, which stands", failure);
            return;
        }
        if (!status.isCompleted()) {
            undo(failure);
        }
        if (failure instanceof Error error && sound) {
            throw error;
        }
        if (sound || failure instanceof DedupException || hasSqlState(failure)) {
            throw (RuntimeException) failure; // its SQLState, or the lack of one, says what may have happened
        }
        throw new DedupException(
                Outcome.FAILED,
                "what runs before the commit (a flush, a synchronization's beforeCommit) failed: "
                        + failure.getMessage(),
                failure);
    }

    private void refuseIfRollbackOnly() {
        if (status.isRollbackOnly()) {
            throw new DedupException(
                    Outcome.FAILED,
                    "the transaction is marked rollback-only although the handler returned normally: it caught what a"
                            + " nested @Transactional method threw, or called setRollbackOnly(). Let the exception pass, or"
                            + " give the nested method noRollbackFor or PROPAGATION_NESTED",
                    null);
        }
    }

    /** After everything that writes. */
    private void checkLast() {
        try {
            status.flush();
            refuseIfRollbackOnly();
            health.checkBeforeCommit(connection);
            sound = true;
        } catch (RuntimeException | Error e) {
            rollbackConnection(e);
            throw e;
        }
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
        Exception lost = rollbackConnection(original);
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

    /**
     * Before Spring does: it switches autocommit on again also where its own rollback has failed, and that commits. The
     * second rollback of the two costs nothing.
     */
    private @Nullable Exception rollbackConnection(@Nullable Throwable original) {
        try {
            connection.rollback();
            return null;
        } catch (SQLException | RuntimeException e) {
            if (original != null) {
                original.addSuppressed(e);
            }
            abort();
            return e;
        }
    }

    private void abort() {
        try {
            connection.abort(Runnable::run);
        } catch (SQLException | RuntimeException e) {
            log.debug("abort of a broken connection failed", e);
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

    /** Registered last, so that it runs after the handler's own synchronizations. */
    private final class LastCheck implements TransactionSynchronization {

        @Override
        public void beforeCommit(boolean readOnly) {
            checkLast();
        }
    }

    private static boolean hasSqlState(Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof SQLException e && e.getSQLState() != null) {
                return true;
            }
        }
        return false;
    }
}
