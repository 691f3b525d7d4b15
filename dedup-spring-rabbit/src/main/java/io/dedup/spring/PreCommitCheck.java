package io.dedup.spring;

import io.dedup.DedupException;
import io.dedup.Deduplicator;
import io.dedup.Outcome;
import java.sql.Connection;
import org.jspecify.annotations.Nullable;
import org.springframework.transaction.TransactionStatus;
import org.springframework.transaction.support.TransactionSynchronization;
import org.springframework.transaction.support.TransactionSynchronizationManager;
import org.springframework.util.ClassUtils;

/**
 * Looks whether a transaction is sound: after the handler's own synchronizations, where a failure is Spring's to handle;
 * and once more where nothing runs any more but the commit. There Spring swallows what a synchronization throws, and
 * Hibernate what an interceptor does, and PostgreSQL would answer the commit with a silent rollback.
 */
final class PreCommitCheck implements TransactionSynchronization {

    private static final boolean HIBERNATE = isPresent("org.springframework.orm.jpa.EntityManagerHolder")
            && isPresent("org.hibernate.resource.transaction.spi.TransactionObserver");

    private final TransactionStatus status;
    private final Connection connection;
    private final Deduplicator health;
    private @Nullable HibernateCommit hibernate;
    private @Nullable Throwable failure;
    private boolean sound;

    PreCommitCheck(TransactionStatus status, Connection connection, Deduplicator health) {
        this.status = status;
        this.connection = connection;
        this.health = health;
    }

    /** If not, the commit was not sent. */
    boolean foundItSound() {
        return sound;
    }

    /** What the last of them saw. */
    @Nullable Throwable failure() {
        return failure;
    }

    @Override
    public void beforeCommit(boolean readOnly) {
        try {
            status.flush();
            look();
        } catch (RuntimeException | Error e) {
            ConnectionRollback.of(connection, e);
            throw e;
        }
        hibernate = HIBERNATE ? HibernateCommit.on(connection, this::lookLast) : null;
        if (hibernate == null && TransactionSynchronizationManager.isSynchronizationActive()) {
            TransactionSynchronizationManager.registerSynchronization(new Last()); // behind all others
        } else if (hibernate == null) {
            sound = true;
        }
    }

    private void lookLast() {
        try {
            look();
            sound = true;
        } catch (RuntimeException | Error e) {
            failure = e;
            ConnectionRollback.of(connection, e);
            throw e;
        }
    }

    private void look() {
        refuseIfRollbackOnly();
        health.checkBeforeCommit(connection);
    }

    void refuseIfRollbackOnly() {
        if (status.isRollbackOnly()) {
            throw new DedupException(
                    Outcome.FAILED,
                    "the transaction is marked rollback-only although the handler returned normally: it caught what a"
                            + " nested @Transactional method threw, or called setRollbackOnly()",
                    "let the exception pass, or give the nested method noRollbackFor or PROPAGATION_NESTED",
                    null);
        }
    }

    /** After the commit, or what has become of it. */
    void end() {
        if (hibernate != null) {
            hibernate.forget();
        }
    }

    private static boolean isPresent(String className) {
        return ClassUtils.isPresent(className, PreCommitCheck.class.getClassLoader());
    }

    private final class Last implements TransactionSynchronization {

        /** Spring commits whatever this throws; without a connection it cannot. */
        @Override
        public void beforeCompletion() {
            try {
                lookLast();
            } catch (RuntimeException | Error e) {
                ConnectionRollback.byAbort(connection);
                throw e;
            }
        }
    }
}
