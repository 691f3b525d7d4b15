package io.dedup;

import io.dedup.spi.OpenTransaction;
import io.dedup.spi.TransactionSource;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Begin, work, health check, commit; everything else ends in a rollback. Says what became of the transaction and never
 * throws. One that lost against another (40001, 40P01) is run again from the start.
 */
final class Transactions {

    private static final int MAX_TRIES = 5;
    private static final int FIRST_PAUSE_MILLIS = 10;

    /** What is done inside. */
    @FunctionalInterface
    interface Body<T> {
        T run(Connection tx) throws SQLException, WorkFailed;
    }

    /** Tells what the handler threw from what the library's own statements threw. */
    static final class WorkFailed extends Exception {
        private static final long serialVersionUID = 1L;

        WorkFailed(Throwable thrown) {
            super(null, thrown, false, false);
        }
    }

    private final TransactionSource source;

    Transactions(TransactionSource source) {
        this.source = source;
    }

    /** Commits where the value says so, and rolls back otherwise: nothing was written then. */
    <T> TransactionResult<T> run(Body<T> body, Predicate<T> commits) {
        for (int tries = 1; ; tries++) {
            TransactionResult<T> result = once(body, commits, tries);
            if (!result.collided() || tries == MAX_TRIES || !pause(tries)) {
                return result;
            }
        }
    }

    /** For those who know something better after a collision. */
    <T> TransactionResult<T> once(Body<T> body, Predicate<T> commits) {
        return once(body, commits, 1);
    }

    private <T> TransactionResult<T> once(Body<T> body, Predicate<T> commits, int tries) {
        OpenTransaction tx;
        try {
            tx = source.begin();
        } catch (SQLException | RuntimeException e) {
            return TransactionResult.failed(Outcome.UNAVAILABLE, DedupExceptions.of("begin", e), tries);
        }
        T value;
        boolean commit;
        OpenTransaction outer = Dedup.enter(tx);
        try {
            value = body.run(tx.connection());
            commit = commits.test(value);
            if (commit) {
                DedupExceptions.checkHealth(tx.connection());
            }
        } catch (Throwable t) { // Errors too: autocommit must not come back, and with it a commit, before the rollback
            Throwable thrown = t instanceof WorkFailed ? requireCause(t) : t;
            boolean undone = rollback(tx, thrown);
            return failed(t, thrown, undone, tries);
        } finally {
            Dedup.enter(outer);
        }
        if (!commit) {
            rollback(tx, null);
            return TransactionResult.ended(value, tries);
        }
        return commit(tx, value, tries);
    }

    private static <T> TransactionResult<T> failed(Throwable t, Throwable thrown, boolean undone, int tries) {
        if (!(t instanceof WorkFailed)) {
            DedupException failure =
                    thrown instanceof DedupException d ? d : DedupExceptions.of("the message's transaction", thrown);
            return TransactionResult.failed(failure.outcome(), failure, tries);
        }
        String state = SqlStates.of(thrown);
        if (SqlStates.isCollision(state)) {
            return TransactionResult.failed(Outcome.BUSY, thrown, tries);
        }
        // A rollback that failed: the connection was gone, and the handler stumbled over that.
        boolean innocent = !undone || SqlStates.isServerFailure(state);
        return TransactionResult.failed(innocent ? Outcome.UNAVAILABLE : Outcome.FAILED, thrown, tries);
    }

    private static <T> TransactionResult<T> commit(OpenTransaction tx, T value, int tries) {
        try {
            tx.commit();
            return TransactionResult.ended(value, tries);
        } catch (DedupException e) {
            return TransactionResult.failed(e.outcome(), e, tries);
        } catch (Throwable e) { // an Error too leaves it open whether the commit has happened
            String state = SqlStates.of(e);
            if (!tx.isCommitSent()) {
                return beforeCommit(e, state, tries);
            }
            if (SqlStates.leavesCommitUnknown(state)) {
                return TransactionResult.failed(Outcome.UNKNOWN, e, tries);
            }
            return SqlStates.isCollision(state)
                    ? TransactionResult.failed(Outcome.BUSY, e, tries)
                    : TransactionResult.failed(Outcome.FAILED, DedupExceptions.commitRefused(e), tries);
        }
    }

    /** What runs before the commit was sent failed: a flush, a hook of a framework's. */
    private static <T> TransactionResult<T> beforeCommit(Throwable e, @Nullable String state, int tries) {
        if (SqlStates.isCollision(state)) {
            return TransactionResult.failed(Outcome.BUSY, e, tries);
        }
        return SqlStates.isConnectionLost(state) || SqlStates.isServerFailure(state)
                ? TransactionResult.failed(Outcome.UNAVAILABLE, DedupExceptions.of("commit", e), tries)
                : TransactionResult.failed(Outcome.FAILED, DedupExceptions.beforeCommit(e), tries);
    }

    /** Returns false if the connection was lost over it. */
    private static boolean rollback(OpenTransaction tx, @Nullable Throwable original) {
        try {
            tx.rollback();
            return true;
        } catch (Throwable e) { // an Error too: how the message fared is known without it
            if (original != null && original != e) {
                original.addSuppressed(e);
            }
            return false;
        }
    }

    private static Throwable requireCause(Throwable t) {
        return t.getCause() == null ? t : t.getCause();
    }

    /** A random pause, so that two who collided do not meet again; false when interrupted. */
    private static boolean pause(int tries) {
        try {
            Thread.sleep(ThreadLocalRandom.current().nextInt(1, FIRST_PAUSE_MILLIS << tries));
            return true;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }
}
