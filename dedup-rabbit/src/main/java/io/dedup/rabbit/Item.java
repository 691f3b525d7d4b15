package io.dedup.rabbit;

import com.rabbitmq.client.Delivery;
import io.dedup.Fingerprint;
import io.dedup.MessageKey;
import io.dedup.Reply;
import org.jspecify.annotations.Nullable;

/** A delivery whose message is known, on its way through a handler. */
final class Item {

    private final Delivery delivery;
    private final MessageKey key;
    private final @Nullable Fingerprint body;
    private @Nullable Reply reply;

    Item(Delivery delivery, MessageKey key, @Nullable Fingerprint body) {
        this.delivery = delivery;
        this.key = key;
        this.body = body;
    }

    Delivery delivery() {
        return delivery;
    }

    MessageKey key() {
        return key;
    }

    @Nullable Fingerprint body() {
        return body;
    }

    /** The same delivery as another message. */
    Item as(MessageKey other) {
        return new Item(delivery, other, body);
    }

    boolean asksForReply() {
        String replyTo = delivery.getProperties().getReplyTo();
        return replyTo != null && !replyTo.isEmpty();
    }

    /** What the handler answered in the run that was committed, once there is one. */
    @Nullable Reply reply() {
        return reply;
    }

    void reply(@Nullable Reply answer) {
        this.reply = answer;
    }
}
