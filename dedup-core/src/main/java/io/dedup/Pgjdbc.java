package io.dedup;

import java.sql.Connection;
import java.sql.SQLException;
import org.postgresql.core.BaseConnection;

/** What only PostgreSQL's own driver can do. To be used where {@link #drives} says so: without it there is no such class. */
final class Pgjdbc {

    private static final boolean PRESENT = isPresent("org.postgresql.core.BaseConnection");

    private Pgjdbc() {}

    static boolean drives(Connection connection) throws SQLException {
        return PRESENT && Driven.is(connection);
    }

    /** From the server's last answer, which the driver keeps; no round trip. */
    static TransactionHealth healthOf(Connection tx) throws SQLException {
        return Driven.healthOf(tx);
    }

    /** Cancels whatever runs on the connection, as often as it is called; a statement's own cancel() tries only once. */
    static void cancel(Connection connection) throws SQLException {
        Driven.cancel(connection);
    }

    private static boolean isPresent(String className) {
        try {
            Class.forName(className, false, Pgjdbc.class.getClassLoader());
            return true;
        } catch (ClassNotFoundException e) {
            return false;
        }
    }

    /** Of its own, so that it is loaded only where the driver is. */
    private static final class Driven {

        static boolean is(Connection connection) throws SQLException {
            return connection.isWrapperFor(BaseConnection.class);
        }

        static TransactionHealth healthOf(Connection tx) throws SQLException {
            return switch (tx.unwrap(BaseConnection.class).getTransactionState()) {
                case OPEN -> TransactionHealth.OPEN;
                case FAILED -> TransactionHealth.ABORTED;
                case IDLE -> TransactionHealth.ENDED;
            };
        }

        static void cancel(Connection connection) throws SQLException {
            connection.unwrap(BaseConnection.class).cancelQuery();
        }
    }
}
