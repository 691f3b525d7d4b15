package io.dedup.spi;

import io.dedup.Reply;
import java.sql.Connection;
import org.jspecify.annotations.Nullable;

/**
 * The application's handler, as an adapter calls it for one delivery.
 *
 * @param <D> the adapter's type of a delivery
 */
@FunctionalInterface
public interface Handler<D> {

    /**
     * Runs inside the message's transaction; perhaps several times for one message, after a rollback.
     *
     * @param tx the transaction
     * @param delivery the delivery
     * @return the answer, which is stored with the key; null if nobody asked for one
     * @throws Exception to have everything rolled back
     */
    @Nullable Reply handle(Connection tx, D delivery) throws Exception;

    /**
     * Whether the delivery asks for an answer, so that a duplicate is answered with the stored one.
     *
     * @param delivery a delivery
     * @return true if it does
     */
    default boolean asksForReply(D delivery) {
        return false;
    }
}
