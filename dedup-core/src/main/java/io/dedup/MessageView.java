package io.dedup;

import org.jspecify.annotations.Nullable;

/**
 * A message as its publisher sent it, whatever client received it: the part that decides which message it is. Read-only;
 * valid while the call that it is passed to lasts.
 */
public interface MessageView {

    /**
     * An AMQP property, by its name in the protocol: {@code message-id}, {@code correlation-id}, {@code type}, {@code
     * app-id}, {@code user-id}, {@code reply-to}, {@code content-type}, {@code timestamp} (a {@link java.util.Date}), and
     * beside them {@code exchange} and {@code routing-key}, which the message was published with.
     *
     * @param name the property
     * @return its value; null if the message has none
     * @see <a href="https://www.rabbitmq.com/docs/publishers#message-properties">RabbitMQ, message properties</a>
     */
    @Nullable Object property(String name);

    /**
     * A header, text as a {@link String}.
     *
     * @param name the header
     * @return its value; null if the message has none
     */
    @Nullable Object header(String name);

    /**
     * The body.
     *
     * @return its bytes; not to be changed
     */
    byte[] body();
}
