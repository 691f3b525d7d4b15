package io.dedup;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * Begin, work, health check, commit; everything else ends in a rollback. Says what became of the transaction and never
 * throws. One that lost against another (40001, 40P01) is run again from the start.
 */
final class Transactions {

    private static final int MAX_TRIES = 5;
    private static final int FIRST_PAUSE_MILLIS = 10;

    /** What is done inside; a result other than PROCESSED has written nothing. */
    @FunctionalInterface
    interface Body {
        Outcome run(Connection tx) throws SQLException, WorkFailed;
    }

    /** How a transaction ended. */
    record Ending(Outcome outcome, @Nullable Throwable cause, int tries) {

        boolean collided() {
            return outcome == Outcome.BUSY && cause != null && SqlStates.isCollision(SqlStates.of(cause));
        }
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

    Ending run(Body body) {
        for (int tries = 1; ; tries++) {
            Ending ending = once(body, tries);
            if (!ending.collided() || tries == MAX_TRIES || !pause(tries)) {
                return ending;
            }
        }
    }

    /** For those who know something better after a collision. */
    Ending once(Body body) {
        return once(body, 1);
    }

    private Ending once(Body body, int tries) {
        OpenTransaction tx;
        try {
            tx = source.begin();
        } catch (SQLException | RuntimeException e) {
            return new Ending(Outcome.UNAVAILABLE, Trouble.of("begin", e), tries);
        }
        Outcome outcome;
        try {
            outcome = body.run(tx.connection());
            if (outcome == Outcome.PROCESSED) {
                Trouble.checkHealth(tx.connection());
            }
        } catch (Throwable t) { // Errors too: autocommit must not come back, and with it a commit, before the rollback
            Throwable thrown = t instanceof WorkFailed ? requireCause(t) : t;
            boolean undone = rollback(tx, thrown);
            return ending(t, thrown, undone, tries);
        }
        if (outcome != Outcome.PROCESSED) {
            rollback(tx, null);
            return new Ending(outcome, null, tries);
        }
        return commit(tx, tries);
    }

    private static Ending ending(Throwable t, Throwable thrown, boolean undone, int tries) {
        if (!(t instanceof WorkFailed)) {
            DedupException trouble =
                    thrown instanceof DedupException d ? d : Trouble.of("the message's transaction", thrown);
            return new Ending(trouble.outcome(), trouble, tries);
        }
        String state = SqlStates.of(thrown);
        if (SqlStates.isCollision(state)) {
            return new Ending(Outcome.BUSY, thrown, tries);
        }
        // A rollback that failed: the connection was gone, and the handler stumbled over that.
        boolean innocent = !undone || SqlStates.isServerTrouble(state);
        return new Ending(innocent ? Outcome.UNAVAILABLE : Outcome.FAILED, thrown, tries);
    }

    private static Ending commit(OpenTransaction tx, int tries) {
        try {
            tx.commit();
            return new Ending(Outcome.PROCESSED, null, tries);
        } catch (DedupException e) {
            return new Ending(e.outcome(), e, tries);
        } catch (Throwable e) { // an Error too leaves it open whether the commit has happened
            String state = SqlStates.of(e);
            if (SqlStates.leavesCommitUnknown(state)) {
                return new Ending(Outcome.UNKNOWN, e, tries);
            }
            return SqlStates.isCollision(state)
                    ? new Ending(Outcome.BUSY, e, tries)
                    : new Ending(Outcome.FAILED, Trouble.commitRefused(e), tries);
        }
    }

    /** Returns false if the connection was lost over it. */
    private static boolean rollback(OpenTransaction tx, @Nullable Throwable original) {
        try {
            tx.rollback();
            return true;
        } catch (SQLException | RuntimeException e) {
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
