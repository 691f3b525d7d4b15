package io.dedup;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.concurrent.ThreadLocalRandom;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Begin, work, health check, commit; everything else ends in a rollback. Says what became of the transaction and never
 * throws. One that lost against another (40001, 40P01) is run again from the start.
 */
final class Transactions {

    private static final Logger log = LoggerFactory.getLogger(Transactions.class);
    private static final int MAX_TRIES = 5;
    private static final int FIRST_PAUSE_MILLIS = 10;

    /** What is done inside; a result other than PROCESSED has written nothing. */
    @FunctionalInterface
    interface Body {
        Outcome run(Connection tx) throws SQLException, WorkFailed;
    }

    /** How a transaction ended. */
    record Ending(Outcome outcome, @Nullable Throwable cause, int tries) {}

    /** Tells what the handler threw from what the library's own statements threw. */
    static final class WorkFailed extends Exception {
        private static final long serialVersionUID = 1L;

        WorkFailed(Throwable thrown) {
            super(null, thrown, false, false);
        }
    }

    private final DataSource dataSource;

    Transactions(DataSource dataSource) {
        this.dataSource = dataSource;
    }

    Ending run(Body body) {
        for (int tries = 1; ; tries++) {
            Ending ending = once(body, tries);
            boolean collided = ending.outcome == Outcome.BUSY && SqlStates.isCollision(stateOf(ending));
            if (!collided || tries == MAX_TRIES || !pause(tries)) {
                return ending;
            }
        }
    }

    private Ending once(Body body, int tries) {
        Connection tx;
        try {
            tx = dataSource.getConnection();
        } catch (SQLException | RuntimeException e) {
            return new Ending(Outcome.UNAVAILABLE, Trouble.noConnection(e), tries);
        }
        try {
            return inside(tx, body, tries);
        } finally {
            close(tx);
        }
    }

    private static Ending inside(Connection tx, Body body, int tries) {
        boolean autoCommit;
        try {
            autoCommit = begin(tx);
        } catch (SQLException | RuntimeException e) {
            return new Ending(Outcome.UNAVAILABLE, Trouble.of("begin", e), tries);
        }
        Outcome outcome;
        try {
            outcome = body.run(tx);
            if (outcome == Outcome.PROCESSED) {
                Trouble.checkHealth(tx);
            }
        } catch (Throwable t) { // Errors too: autocommit must not come back, and with it a commit, before the rollback
            Throwable thrown = t instanceof WorkFailed ? requireCause(t) : t;
            boolean undone = end(tx, autoCommit, true, thrown);
            return ending(t, thrown, undone, tries);
        }
        if (outcome != Outcome.PROCESSED) {
            end(tx, autoCommit, true, null);
            return new Ending(outcome, null, tries);
        }
        return commit(tx, autoCommit, tries);
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

    private static Ending commit(Connection tx, boolean autoCommit, int tries) {
        try {
            tx.commit();
        } catch (SQLException | RuntimeException e) {
            String state = SqlStates.of(e);
            if (SqlStates.leavesCommitUnknown(state)) {
                abort(tx);
                return new Ending(Outcome.UNKNOWN, e, tries);
            }
            end(tx, autoCommit, true, e);
            return SqlStates.isCollision(state)
                    ? new Ending(Outcome.BUSY, e, tries)
                    : new Ending(Outcome.FAILED, Trouble.commitRefused(e), tries);
        }
        end(tx, autoCommit, false, null);
        return new Ending(Outcome.PROCESSED, null, tries);
    }

    /** Returns what autocommit was. */
    private static boolean begin(Connection tx) throws SQLException {
        boolean autoCommit = tx.getAutoCommit();
        if (autoCommit) {
            tx.setAutoCommit(false);
            if (tx.getAutoCommit()) {
                throw new DedupException(
                        Outcome.UNAVAILABLE,
                        "the DataSource's connections stay in autocommit mode, so no two writes can share a transaction;"
                                + " give the library a DataSource whose connections honour setAutoCommit(false)",
                        null);
            }
        }
        if (tx.isReadOnly()) {
            throw new DedupException(
                    Outcome.UNAVAILABLE,
                    "the DataSource's connections are read-only; the message's key could not be written."
                            + " Give the library a DataSource for writing (in HikariCP: readOnly=false)",
                    null);
        }
        return autoCommit;
    }

    /** Ends the transaction and leaves the connection as it was found; returns false if it had to be thrown away. */
    private static boolean end(Connection tx, boolean autoCommit, boolean rollback, @Nullable Throwable original) {
        try {
            if (rollback) {
                tx.rollback();
            }
            if (autoCommit) {
                tx.setAutoCommit(true);
            }
            return true;
        } catch (SQLException | RuntimeException e) {
            if (original != null && original != e) {
                original.addSuppressed(e);
            }
            abort(tx);
            return false;
        }
    }

    /** A connection in an unknown state must not go back to a pool as good. */
    private static void abort(Connection tx) {
        try {
            tx.abort(Runnable::run);
        } catch (SQLException | RuntimeException e) {
            log.debug("abort of a broken connection failed", e);
        }
    }

    private static void close(Connection tx) {
        try {
            tx.close();
        } catch (SQLException | RuntimeException e) {
            log.debug("close failed after the transaction's end", e);
        }
    }

    private static @Nullable String stateOf(Ending ending) {
        return ending.cause == null ? null : SqlStates.of(ending.cause);
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
