package io.dedup.spring;

import com.rabbitmq.client.Channel;
import io.dedup.spi.Disposition.DeadLetter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.springframework.amqp.core.Message;

/** A delivery of a holding container, with what is known of it from one attempt to the next. Used by one thread at a time. */
final class HeldMessage {

    /** A part of it that can never be processed. */
    record DeadPart(Part part, DeadLetter dead) {}

    private final Message message;
    private final Channel channel;
    private final Map<Integer, DeadPart> deadParts = new LinkedHashMap<>(0);
    private final List<SpringReply> replies = new ArrayList<>(0);
    private boolean batch;
    private int returns;

    /** {@code message} is nobody else's; {@code channel} is the container's, as listeners see it. */
    HeldMessage(Message message, Channel channel) {
        this.message = message;
        this.channel = channel;
    }

    /** As it came; runs are made with copies. */
    Message message() {
        return message;
    }

    Channel channel() {
        return channel;
    }

    long tag() {
        return message.getMessageProperties().getDeliveryTag();
    }

    String queue() {
        return String.valueOf(message.getMessageProperties().getConsumerQueue());
    }

    /** Whether it is a batching publisher's message, which is taken apart. */
    boolean isBatch() {
        return batch;
    }

    void batch(boolean takenApart) {
        this.batch = takenApart;
    }

    /** By their place among the parts; they are not run again while the others are. */
    Map<Integer, DeadPart> deadParts() {
        return deadParts;
    }

    /** Those of the last run, to be sent after its commit. */
    List<SpringReply> replies() {
        return replies;
    }

    /** The handler wants it back; returns how often it has. */
    int wantedBack() {
        return ++returns;
    }
}
