package io.dedup;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;

/**
 * Whether a transaction can still be committed. PostgreSQL answers COMMIT in an aborted transaction with a rollback
 * and no error, so a handler that swallowed an SQLException would be acknowledged with nothing written.
 */
enum TransactionHealth {
    OPEN,
    ABORTED,
    ENDED;

    static TransactionHealth of(Connection tx) throws SQLException {
        return Pgjdbc.drives(tx) ? Pgjdbc.healthOf(tx) : byStatement(tx);
    }

    /** As far as the driver knows without asking the server; OPEN if it does not. */
    static TransactionHealth asTold(Connection tx) {
        try {
            return Pgjdbc.drives(tx) ? Pgjdbc.healthOf(tx) : OPEN;
        } catch (SQLException | RuntimeException e) { // it is closed, which the next statement will tell
            return OPEN;
        }
    }

    /** For any other driver: a round trip, which an aborted transaction refuses with 25P02. It cannot see ENDED. */
    static TransactionHealth byStatement(Connection tx) throws SQLException {
        try (Statement statement = tx.createStatement()) {
            statement.execute("SELECT 1");
            return OPEN;
        } catch (SQLException e) {
            if ("25P02".equals(e.getSQLState())) {
                return ABORTED;
            }
            throw e;
        }
    }
}
