package io.dedup.rabbit.spring;

import com.rabbitmq.client.Channel;
import io.dedup.MessageKey;
import io.dedup.rabbit.MissingId;
import java.util.HashMap;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.springframework.amqp.core.Message;
import org.springframework.amqp.support.AmqpHeaders;

/** Finds out which message a message is. Thread-safe. */
final class Keys {

    /** A key, or why there is none. */
    record Found(@Nullable MessageKey key, @Nullable Throwable problem, boolean keep) {}

    /** The parts of a batching publisher's message, of which each thread takes one after the other. */
    private static final class Parts {
        private @Nullable Channel channel;
        private long tag;
        private final Map<String, Integer> seen = new HashMap<>();

        int repeats(Channel of, long delivery, String id) {
            if (channel != of || tag != delivery) {
                channel = of;
                tag = delivery;
                seen.clear();
            }
            return seen.merge(id, 1, Integer::sum);
        }
    }

    private final Terms terms;
    private final ThreadLocal<Parts> parts = ThreadLocal.withInitial(Parts::new);

    Keys(Terms terms) {
        this.terms = terms;
    }

    /** Once for each time that a message is handed over. */
    Found of(Channel channel, Message message) {
        try {
            String id = terms.ids().of(message);
            return id == null || id.isBlank() ? missing(message) : new Found(key(channel, message, id), null, false);
        } catch (IllegalArgumentException e) {
            return new Found(null, e, terms.missingId() == MissingId.KEEP);
        } catch (RuntimeException e) { // a user's code
            return new Found(null, e, true);
        }
    }

    private Found missing(Message message) {
        if (terms.missingId() == MissingId.PROCESS_UNPROTECTED) {
            return new Found(new MessageKey(consumer(message), "unprotected " + UUID.randomUUID()), null, false);
        }
        Exception problem =
                new IllegalArgumentException("the message has no ID; let the publisher set the AMQP property"
                        + " message-id (RabbitTemplate: setCreateMessageIds(true) on the message converter), or say where the ID"
                        + " is: messageId of the listener or of the Protection");
        return new Found(null, problem, terms.missingId() == MissingId.KEEP);
    }

    /** The parts of a batch share its properties, and so its ID. */
    private MessageKey key(Channel channel, Message message, String id) {
        if (isPart(message)) {
            int nth =
                    parts.get().repeats(channel, message.getMessageProperties().getDeliveryTag(), id);
            return new MessageKey(consumer(message), nth == 1 ? id : id + " #" + nth);
        }
        return new MessageKey(consumer(message), id);
    }

    /** Whether it is one of several that came in one delivery. */
    static boolean isPart(Message message) {
        return message.getMessageProperties().getHeaders().containsKey(AmqpHeaders.BATCH_SIZE);
    }

    private String consumer(Message message) {
        return terms.consumer() == null
                ? String.valueOf(message.getMessageProperties().getConsumerQueue())
                : terms.consumer();
    }
}
