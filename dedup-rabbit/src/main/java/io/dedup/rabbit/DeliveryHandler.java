package io.dedup.rabbit;

import com.rabbitmq.client.Delivery;
import java.sql.Connection;

/** What an application does for one message. Called by several threads at once where the concurrency is above one. */
@FunctionalInterface
public interface DeliveryHandler {

    /**
     * Writes what the message asks for, inside the message's transaction. It may run more than once for one message
     * (after a rollback, never after a commit), so effects outside this transaction must bear repetition.
     *
     * @param tx the transaction; refuses to be committed, rolled back or closed, and works only until this method returns
     * @param delivery the message; it is acknowledged by the library, after the commit
     * @throws Exception to have everything rolled back and the message come again
     */
    void handle(Connection tx, Delivery delivery) throws Exception;
}
