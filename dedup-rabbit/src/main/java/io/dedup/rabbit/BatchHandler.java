package io.dedup.rabbit;

import com.rabbitmq.client.Delivery;
import java.sql.Connection;
import java.util.List;

/** What an application does for many messages at once. Called by several threads where the concurrency is above one. */
@FunctionalInterface
public interface BatchHandler {

    /**
     * Writes what the messages ask for, inside the transaction that they share. If it fails, it runs again for each of
     * them alone, so effects outside this transaction must bear repetition.
     *
     * @param tx the transaction; refuses to be committed, rolled back or closed, and works only until this method returns
     * @param fresh the new messages, in the order they came in; at least one, none twice. They are acknowledged by the
     *     library, after the commit
     * @throws Exception to have everything rolled back
     */
    void handle(Connection tx, List<Delivery> fresh) throws Exception;
}
