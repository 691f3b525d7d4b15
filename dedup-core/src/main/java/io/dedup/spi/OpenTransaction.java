package io.dedup.spi;

import java.sql.Connection;
import java.sql.SQLException;

/**
 * One transaction that has begun. The library ends it once, by {@link #commit} or {@link #rollback}, on the thread that
 * began it. Either leaves nothing open, whatever it throws: a connection in an unknown state is thrown away.
 */
public interface OpenTransaction {

    /**
     * What the key is claimed on, and handlers write on.
     *
     * @return the same connection every time
     */
    Connection connection();

    /**
     * Commits; returning normally means committed.
     *
     * @throws SQLException if it is not known to be committed; its SQLState tells whether it may be. So with an unchecked
     *     exception that was caused by one. A {@link io.dedup.DedupException} says the outcome itself. Any other leaves it unknown
     */
    void commit() throws SQLException;

    /**
     * Undoes everything.
     *
     * @throws SQLException if the connection was lost over it, so that it is the server's to undo; so with any unchecked
     *     exception
     */
    void rollback() throws SQLException;

    /**
     * Whether a {@link #commit} that failed has got as far as asking the database for it. If not, nothing is committed,
     * whatever it threw.
     *
     * @return true unless something before the commit is known to have kept it from being sent
     */
    default boolean isCommitSent() {
        return true;
    }

    /**
     * Whether a framework has suspended it for another one on the same thread at this moment.
     *
     * @return false unless a framework manages it
     */
    default boolean isSuspended() {
        return false;
    }
}
