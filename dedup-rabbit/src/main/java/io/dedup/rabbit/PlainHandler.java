package io.dedup.rabbit;

import com.rabbitmq.client.Delivery;
import io.dedup.Reply;
import io.dedup.amqp.HeldDelivery;
import io.dedup.spi.Handler;
import java.sql.Connection;
import org.jspecify.annotations.Nullable;

/** The application's handler, for the library. */
record PlainHandler(ReplyHandler handler) implements Handler<HeldDelivery<Delivery>> {

    @Override
    public @Nullable Reply handle(Connection tx, HeldDelivery<Delivery> held) throws Exception {
        return handler.handle(tx, held.content());
    }

    @Override
    public boolean asksForReply(HeldDelivery<Delivery> held) {
        String replyTo = held.content().getProperties().getReplyTo();
        return replyTo != null && !replyTo.isEmpty();
    }
}
