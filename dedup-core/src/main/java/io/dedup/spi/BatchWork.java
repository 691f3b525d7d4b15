package io.dedup.spi;

import java.sql.Connection;
import java.util.List;

/**
 * What a handler does for several messages at once, inside the transaction that they share.
 *
 * @param <T> what stands for a message
 */
@FunctionalInterface
public interface BatchWork<T> {

    /**
     * Writes what the messages ask for. If it fails, it runs again for each of them alone, so effects outside this
     * transaction must bear repetition.
     *
     * @param tx the transaction; refuses to be committed, rolled back or closed, and works only until this method returns
     * @param fresh the new messages, in the order they came in; at least one, none twice
     * @throws Exception to have everything rolled back
     */
    void run(Connection tx, List<T> fresh) throws Exception;
}
