package io.dedup;

import static java.util.Objects.requireNonNull;

import org.jspecify.annotations.Nullable;

/**
 * Finds a message's ID: the publisher's name for it, the same on every copy, however often it is published or
 * redelivered. Must be thread-safe, and must give the same answer for the same message every time.
 */
@FunctionalInterface
public interface MessageIdResolver {

    /**
     * The ID of a message.
     *
     * @param message the message
     * @return the ID; null, empty or blank if it has none
     * @throws IllegalArgumentException if what should hold the ID is there but cannot be read; the message is
     *     dead-lettered with this reason
     */
    @Nullable String resolve(MessageView message);

    /**
     * The AMQP property {@code message-id}: what publishers should set.
     *
     * @return the resolver
     * @see <a href="https://www.rabbitmq.com/docs/publishers#message-properties">RabbitMQ, message properties</a>
     */
    static MessageIdResolver property() {
        return property("message-id");
    }

    /**
     * Another AMQP property, such as {@code correlation-id}.
     *
     * @param name as {@link MessageView#property} takes it
     * @return the resolver
     */
    static MessageIdResolver property(String name) {
        requireNonNull(name, "name");
        return message -> {
            Object value = message.property(name);
            return value == null ? null : value.toString();
        };
    }

    /**
     * A header that holds text or a whole number.
     *
     * @param name the header, such as {@code x-event-id}
     * @return the resolver
     */
    static MessageIdResolver header(String name) {
        return new HeaderId(name);
    }

    /**
     * A text, number or boolean in a JSON body. Needs Jackson 3 ({@code
     * tools.jackson.core:jackson-core}) or Jackson 2 ({@code com.fasterxml.jackson.core:jackson-core}) on the class path.
     *
     * @param pointer where it stands, such as {@code /order/id}
     * @return the resolver; it refuses a body that is not JSON
     * @throws IllegalArgumentException if the pointer is malformed
     * @throws IllegalStateException if Jackson is missing
     * @see <a href="https://www.rfc-editor.org/rfc/rfc6901">RFC 6901, JSON Pointer</a>
     */
    static MessageIdResolver jsonPointer(String pointer) {
        return JsonPointerId.at(pointer);
    }

    /**
     * The SHA-256 of the body. A last resort: two orders of the same goods have the same body, and the second one is
     * skipped. Use it only where every message says something that no other says.
     *
     * @return the resolver
     */
    static MessageIdResolver bodyHash() {
        return message -> Fingerprint.of(message.body()).toString();
    }

    /**
     * This resolver, and another one for messages in which this one finds nothing.
     *
     * @param other asked next
     * @return the resolver
     */
    default MessageIdResolver orElse(MessageIdResolver other) {
        return message -> {
            String id = resolve(message);
            return id == null || id.isBlank() ? other.resolve(message) : id;
        };
    }

    /**
     * Short for {@code orElse(header(name))}.
     *
     * @param name the header
     * @return the resolver
     */
    default MessageIdResolver orHeader(String name) {
        return orElse(header(name));
    }
}
