package io.dedup.rabbit;

import com.rabbitmq.client.Delivery;
import io.dedup.Reply;
import java.sql.Connection;
import org.jspecify.annotations.Nullable;

/** A {@link DeliveryHandler} that answers requests. */
@FunctionalInterface
public interface ReplyHandler {

    /**
     * Writes what the message asks for, and answers it. The answer is stored in the message's transaction and sent after
     * the commit, to the queue that the property {@code reply-to} names and with the request's {@code correlation-id};
     * when the request comes again, it is sent again.
     *
     * @param tx the transaction, as in {@link DeliveryHandler#handle}
     * @param delivery the request; it is acknowledged by the library, after the commit
     * @return the answer, or null for none; ignored where the request has no {@code reply-to}
     * @throws Exception to have everything rolled back and the message come again
     */
    @Nullable Reply handle(Connection tx, Delivery delivery) throws Exception;
}
