package io.dedup.spi;

import java.sql.SQLException;

/**
 * Where the transactions come from that messages are processed in; by default the deduplicator's DataSource. For
 * frameworks with transactions of their own, so that what a handler writes through them takes part.
 *
 * @see Engine#in(TransactionSource)
 */
@FunctionalInterface
public interface TransactionSource {

    /**
     * Begins a transaction for the calling thread.
     *
     * @return the transaction, on a connection to the database that holds the library's tables, out of autocommit
     * @throws SQLException if none can be begun; so with any unchecked exception. Nothing is left open then
     */
    OpenTransaction begin() throws SQLException;
}
