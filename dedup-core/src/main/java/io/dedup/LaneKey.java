package io.dedup;

import org.jspecify.annotations.Nullable;

/**
 * Names the business entity that a message is about: an account, an order. Messages of one entity go through one lane of
 * a consumer, in the order they came in, so that no two of its threads fight for the entity's rows.
 *
 * <p>Called on amqp-client's thread for each delivery, so it must be quick, and thread-safe.
 */
@FunctionalInterface
public interface LaneKey {

    /**
     * The entity that a message is about.
     *
     * @param message the message
     * @return its name; null if it is about none, and any lane will do
     */
    @Nullable String of(MessageView message);

    /**
     * What a header holds: text or a whole number.
     *
     * @param name the header
     * @return the key
     */
    static LaneKey header(String name) {
        return MessageIdResolver.header(name)::resolve;
    }

    /**
     * A text, number or boolean in a JSON body. Needs Jackson 2 or 3 on the class path.
     *
     * @param pointer where it stands, such as {@code /account/id}
     * @return the key
     * @throws IllegalArgumentException if the pointer is malformed
     * @throws IllegalStateException if Jackson is missing
     */
    static LaneKey jsonPointer(String pointer) {
        return MessageIdResolver.jsonPointer(pointer)::resolve;
    }

    /**
     * The routing key that the message was published with.
     *
     * @return the key
     */
    static LaneKey routingKey() {
        return MessageIdResolver.property("routing-key")::resolve;
    }
}
