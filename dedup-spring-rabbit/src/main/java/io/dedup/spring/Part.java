package io.dedup.spring;

import com.rabbitmq.client.Channel;
import io.dedup.Reply;
import org.jspecify.annotations.Nullable;
import org.springframework.amqp.core.Message;

/** One message on its way to the handler: a delivery, or a part of a batching publisher's. Of one thread. */
final class Part {

    private final Message message;
    private final int place;
    private final int number;
    private final Channel channel;
    private final ListenerCall listener;
    private final @Nullable HeldMessage held;
    private final @Nullable Object entity;
    private final boolean redeliveredHere;
    private @Nullable Reply stored;
    private @Nullable SpringReply reply;
    private @Nullable RuntimeException thrown;

    /** {@code held} is null in settling containers. */
    Part(
            Message message,
            int place,
            int number,
            Channel channel,
            ListenerCall listener,
            @Nullable HeldMessage held,
            @Nullable Object entity,
            boolean redeliveredHere) {
        this.message = message;
        this.place = place;
        this.number = number;
        this.channel = channel;
        this.listener = listener;
        this.held = held;
        this.entity = entity;
        this.redeliveredHere = redeliveredHere;
    }

    Message message() {
        return message;
    }

    /** Among the parts of its delivery, from 0. */
    int place() {
        return place;
    }

    /** Among those that equal it, from 1. */
    int number() {
        return number;
    }

    Channel channel() {
        return channel;
    }

    ListenerCall listener() {
        return listener;
    }

    @Nullable HeldMessage held() {
        return held;
    }

    @Nullable Object entity() {
        return entity;
    }

    /** Whether an earlier attempt here ended with an unknown commit. */
    boolean isRedeliveredHere() {
        return redeliveredHere;
    }

    long tag() {
        return message.getMessageProperties().getDeliveryTag();
    }

    String queue() {
        return String.valueOf(message.getMessageProperties().getConsumerQueue());
    }

    /** The handler begins, perhaps once more after a rollback. */
    void handlerBegins() {
        stored = null;
        reply = null;
        thrown = null;
    }

    /** Returns what is stored with the key. */
    Reply handlerReplied(SpringReply sent) {
        reply = sent;
        stored = sent.stored();
        return stored;
    }

    /** The handler's reply as Spring has made it, or one that was stored before, addressed as this request says. */
    SpringReply replyOf(Reply committed) {
        return reply != null && committed.equals(stored) ? reply : SpringReply.to(message, committed);
    }

    void handlerThrew(RuntimeException failure) {
        thrown = failure;
    }

    /** As it came from the container's listener. */
    @Nullable RuntimeException thrown() {
        return thrown;
    }
}
