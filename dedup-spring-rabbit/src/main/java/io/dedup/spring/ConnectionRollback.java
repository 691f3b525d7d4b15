package io.dedup.spring;

import java.sql.Connection;
import java.sql.SQLException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Before Spring does: it switches autocommit on again also where its own rollback has failed, and that commits. The second
 * rollback of the two costs nothing.
 */
final class ConnectionRollback {

    private static final Logger log = LoggerFactory.getLogger(ConnectionRollback.class);

    private ConnectionRollback() {}

    /** Returns what failed, where that is the connection's end. */
    static @Nullable Exception of(Connection connection, @Nullable Throwable original) {
        try {
            connection.rollback();
            return null;
        } catch (SQLException | RuntimeException e) {
            if (original != null) {
                original.addSuppressed(e);
            }
            byAbort(connection);
            return e;
        }
    }

    /** Nothing can be committed on it any more. */
    static void byAbort(Connection connection) {
        try {
            connection.abort(Runnable::run);
        } catch (SQLException | RuntimeException e) {
            log.debug("abort of a broken connection failed", e);
        }
    }
}
