package io.dedup;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.Objects;
import javax.sql.DataSource;

/** The library's own short transactions, apart from those of messages: counts, look-ups, purges, checks. */
final class Bookkeeping {

    /** What is done inside. */
    @FunctionalInterface
    interface Task<T> {
        T run(Connection tx) throws SQLException;
    }

    private final DataSource dataSource;
    private final Transactions transactions;

    Bookkeeping(DataSource dataSource) {
        this.dataSource = dataSource;
        this.transactions = new Transactions(new JdbcTransactions(dataSource));
    }

    DataSource dataSource() {
        return dataSource;
    }

    Transactions transactions() {
        return transactions;
    }

    /** Commits; throws a {@link DedupException} about the operation if that failed. */
    <T> T run(String operation, Task<T> task) {
        return valueOf(operation, transactions.run(task::run, value -> true));
    }

    /** Rolls back whatever was done. */
    <T> T onTrial(String operation, Task<T> task) {
        return valueOf(operation, transactions.run(task::run, value -> false));
    }

    private static <T> T valueOf(String operation, TransactionResult<T> result) {
        if (result.cause() != null) {
            throw DedupExceptions.of(operation, result.cause());
        }
        return Objects.requireNonNull(result.value());
    }
}
