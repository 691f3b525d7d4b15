package io.dedup;

import java.sql.Connection;

/**
 * What a handler does for one message, inside the message's transaction.
 *
 * @param <X> what it may throw; it passes to the caller as it is
 */
@FunctionalInterface
public interface Work<X extends Exception> {

    /**
     * Writes what the message asks for. It may run more than once for one message (after a rollback, never after a
     * commit), so effects outside this transaction must bear repetition.
     *
     * @param tx the transaction; refuses to be committed, rolled back or closed, and works only until this method returns
     * @throws X to have everything rolled back
     */
    void run(Connection tx) throws X;
}
