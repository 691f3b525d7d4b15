package io.dedup.rabbit.spring;

import com.rabbitmq.client.Channel;
import io.dedup.Fingerprint;
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

    /** How often each key has been seen among the parts of one delivery, which a thread takes one after the other. */
    private static final class Parts {
        private @Nullable Channel channel;
        private long tag;
        private final Map<MessageKey, Integer> seen = new HashMap<>();

        int count(Channel of, long delivery, MessageKey key) {
            if (channel != of || tag != delivery) {
                channel = of;
                tag = delivery;
                seen.clear();
            }
            return seen.merge(key, 1, Integer::sum);
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

    private MessageKey key(Channel channel, Message message, String id) {
        MessageKey key = new MessageKey(consumer(message), id);
        return isPart(message) && isShared(id, message) ? ofPart(channel, message, key) : key;
    }

    /** An ID that a part has of its own stands in its body; without it there is that of the whole batch. */
    private boolean isShared(String id, Message part) {
        try {
            return id.equals(terms.ids().of(new Message(new byte[0], part.getMessageProperties())));
        } catch (RuntimeException e) { // there is no ID without the body
            return false;
        }
    }

    /**
     * The parts of a batch share the ID of its first message, which says little of the others: a publisher may send that
     * one again beside new ones, and a recoverer a part alone. So their bytes tell them apart, and equal ones their order.
     */
    private MessageKey ofPart(Channel channel, Message part, MessageKey batch) {
        MessageKey key = batch.withBody(Fingerprint.of(part.getBody()));
        int nth = parts.get().count(channel, part.getMessageProperties().getDeliveryTag(), key);
        return nth == 1 ? key : new MessageKey(key.consumer(), key.messageId() + " #" + nth);
    }

    /** Whether it is one of several that came in one delivery, or once was. */
    static boolean isPart(Message message) {
        return message.getMessageProperties().getHeaders().containsKey(AmqpHeaders.BATCH_SIZE);
    }

    private String consumer(Message message) {
        return terms.consumer() == null
                ? String.valueOf(message.getMessageProperties().getConsumerQueue())
                : terms.consumer();
    }
}
