package io.dedup;

import io.dedup.spi.Causes;
import java.sql.SQLException;
import org.jspecify.annotations.Nullable;

/**
 * Errors told apart by SQLState, never by text (servers speak many languages) or class.
 *
 * @see <a href="https://www.postgresql.org/docs/current/errcodes-appendix.html">PostgreSQL, appendix A</a>
 */
final class SqlStates {

    static final String LOCK_NOT_AVAILABLE = "55P03";
    static final String QUERY_CANCELED = "57014";
    static final String UNDEFINED_TABLE = "42P01";

    private SqlStates() {}

    /** The transaction lost against another one and may simply be run again. */
    static boolean isCollision(@Nullable String state) {
        return "40001".equals(state) || "40P01".equals(state);
    }

    /** The connection is gone. */
    static boolean isConnectionLost(@Nullable String state) {
        return state != null && state.startsWith("08");
    }

    /** The server cannot work at the moment: shutting down, out of disk or connections, a read-only standby. */
    static boolean isServerFailure(@Nullable String state) {
        return state != null
                && (state.startsWith("53")
                        || state.startsWith("57P")
                        || state.startsWith("58")
                        || state.equals("25006"));
    }

    /**
     * After a failed commit: may it have happened all the same? Only an error that the server raises before the commit
     * record is written (a deferred constraint, a collision) tells that it did not.
     */
    static boolean leavesCommitUnknown(@Nullable String state) {
        return state == null
                || state.isEmpty()
                || state.startsWith("08")
                || state.startsWith("53")
                || state.startsWith("57")
                || state.startsWith("58")
                || state.startsWith("XX")
                || state.equals("40003"); // statement_completion_unknown
    }

    /** The SQLState of the first SQLException among a throwable's causes. */
    static @Nullable String of(Throwable t) {
        for (Throwable cause : Causes.of(t)) {
            if (cause instanceof SQLException e && e.getSQLState() != null) {
                return e.getSQLState();
            }
        }
        return null;
    }
}
