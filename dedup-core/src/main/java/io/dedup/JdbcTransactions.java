package io.dedup;

import io.dedup.spi.OpenTransaction;
import io.dedup.spi.TransactionSource;
import java.sql.Connection;
import java.sql.SQLException;
import javax.sql.DataSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Transactions on connections of a DataSource, which get them back as they were. */
final class JdbcTransactions implements TransactionSource {

    private static final Logger log = LoggerFactory.getLogger(JdbcTransactions.class);

    private final DataSource dataSource;

    JdbcTransactions(DataSource dataSource) {
        this.dataSource = dataSource;
    }

    @Override
    public OpenTransaction begin() throws SQLException {
        Connection connection = connect();
        try {
            return new OnConnection(connection, leaveAutoCommit(connection));
        } catch (SQLException | RuntimeException e) {
            close(connection);
            throw e;
        }
    }

    private Connection connect() {
        try {
            return dataSource.getConnection();
        } catch (SQLException | RuntimeException e) {
            throw DedupExceptions.noConnection(e);
        }
    }

    /** Returns what autocommit was. */
    private static boolean leaveAutoCommit(Connection tx) throws SQLException {
        boolean autoCommit = tx.getAutoCommit();
        if (autoCommit) {
            tx.setAutoCommit(false);
            if (tx.getAutoCommit()) {
                throw new DedupException(
                        Outcome.UNAVAILABLE,
                        "the DataSource's connections stay in autocommit mode, so no two writes can share a transaction",
                        "give the library a DataSource whose connections honour setAutoCommit(false)",
                        null);
            }
        }
        if (tx.isReadOnly()) {
            throw new DedupException(
                    Outcome.UNAVAILABLE,
                    "the DataSource's connections are read-only, so the message's key could not be written",
                    "give the library a DataSource for writing (in HikariCP: readOnly=false)",
                    null);
        }
        return autoCommit;
    }

    private record OnConnection(Connection connection, boolean autoCommit) implements OpenTransaction {

        @Override
        public void commit() throws SQLException {
            try {
                commitOrUndo();
                restore();
            } finally {
                close(connection);
            }
        }

        private void commitOrUndo() throws SQLException {
            try {
                connection.commit();
            } catch (Throwable e) { // an Error too leaves it open whether the commit has happened
                if (SqlStates.leavesCommitUnknown(SqlStates.of(e))) {
                    abort(connection);
                } else {
                    undo(e);
                }
                throw e;
            }
        }

        private void undo(Throwable original) {
            try {
                rollbackAndRestore();
            } catch (Throwable e) {
                original.addSuppressed(e);
            }
        }

        /** What is committed is committed, whatever becomes of the connection. */
        private void restore() {
            try {
                if (autoCommit) {
                    connection.setAutoCommit(true);
                }
            } catch (SQLException | RuntimeException e) {
                abort(connection);
            }
        }

        @Override
        public void rollback() throws SQLException {
            try {
                rollbackAndRestore();
            } finally {
                close(connection);
            }
        }

        private void rollbackAndRestore() throws SQLException {
            try {
                connection.rollback();
                if (autoCommit) { // and not before the rollback: it would commit
                    connection.setAutoCommit(true);
                }
            } catch (Throwable e) {
                abort(connection);
                throw e;
            }
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
}
