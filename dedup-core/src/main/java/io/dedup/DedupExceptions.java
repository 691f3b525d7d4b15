package io.dedup;

import java.sql.Connection;
import java.sql.SQLException;

/** Words what went wrong so that a user knows what to do next. */
final class DedupExceptions {

    private DedupExceptions() {}

    static DedupException noConnection(Throwable cause) {
        return new DedupException(
                Outcome.UNAVAILABLE,
                "no connection to the database (" + cause.getMessage() + ")",
                "check the DataSource's URL, user and password, its pool's size, and that the server runs",
                cause);
    }

    /** For an error of one of the library's own statements. */
    static DedupException of(String operation, Throwable cause) {
        if (cause instanceof DedupException e) {
            return e;
        }
        String state = SqlStates.of(cause);
        if (SqlStates.LOCK_NOT_AVAILABLE.equals(state)) {
            return busy(cause);
        }
        if (SqlStates.isCollision(state)) {
            return new DedupException(
                    Outcome.BUSY,
                    operation + " collided with another transaction",
                    "run the whole transaction again",
                    cause);
        }
        if (SqlStates.UNDEFINED_TABLE.equals(state)) {
            return new DedupException(
                    Outcome.UNAVAILABLE,
                    "a table of the library's is missing (" + cause.getMessage() + ")",
                    Migrations.MIGRATE,
                    cause);
        }
        return new DedupException(
                Outcome.UNAVAILABLE,
                operation + " failed: " + cause.getMessage(),
                "mend what the database reports; the message is tried again",
                cause);
    }

    static DedupException busy(Throwable cause) {
        return new DedupException(
                Outcome.BUSY, "another transaction is at work on the same message", "try again later", cause);
    }

    static DedupException commitRefused(Throwable cause) {
        return new DedupException(
                Outcome.FAILED,
                "the database refused to commit the handler's writes: " + cause.getMessage(),
                "mend the handler's writes",
                cause);
    }

    static DedupException beforeCommit(Throwable cause) {
        return new DedupException(
                Outcome.FAILED,
                "what runs before the commit (a flush, a synchronization, a hook of the persistence framework's) failed: "
                        + cause.getMessage(),
                "mend the handler's writes",
                cause);
    }

    /** The last thing before a commit. */
    static void checkHealth(Connection tx) throws SQLException {
        require(TransactionHealth.of(tx));
    }

    /** A transaction that can be committed. */
    static void require(TransactionHealth health) {
        switch (health) {
            case OPEN -> {}
            case ABORTED ->
                throw new DedupException(
                        Outcome.FAILED,
                        "the transaction is aborted although the handler returned normally: it swallowed an SQLException,"
                                + " and PostgreSQL would answer the commit with a silent rollback",
                        "let the exception pass, or set a savepoint before a statement that may fail and roll back to it",
                        null);
            case ENDED ->
                throw new DedupException(
                        Outcome.FAILED,
                        "the handler ended the message's transaction itself (COMMIT or ROLLBACK as an SQL statement)",
                        "leave the end of the transaction to the library",
                        null);
        }
    }
}
