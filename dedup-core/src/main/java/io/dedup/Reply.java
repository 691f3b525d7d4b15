package io.dedup;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;

import org.jspecify.annotations.Nullable;

/**
 * The answer to a message. Stored beside the message's key, in the same transaction, it is there for every repetition of
 * the question.
 *
 * @param body the answer; at most {@value #MAX_BYTES} bytes
 * @param contentType its MIME type, at most 255 bytes, or null
 */
@SuppressWarnings("ArrayRecordComponent") // carried, never compared
public record Reply(byte[] body, @Nullable String contentType) {

    /** The most bytes that a body may have: it lives in a row of the table for as long as the key does. */
    public static final int MAX_BYTES = 65_536;

    /**
     * Checks the size.
     *
     * @param body the answer
     * @param contentType its MIME type, or null
     * @throws IllegalArgumentException if the body or the content type is too large
     */
    public Reply {
        requireNonNull(body, "body");
        if (contentType != null && contentType.getBytes(UTF_8).length > 255) {
            throw new IllegalArgumentException(
                    "the reply's content type is longer than the 255 bytes that AMQP carries");
        }
        if (body.length > MAX_BYTES) {
            throw new IllegalArgumentException("the reply has " + body.length + " bytes, more than " + MAX_BYTES
                    + "; store what it says in a table of your own, and reply with a reference");
        }
    }
}
