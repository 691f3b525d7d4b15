package io.dedup;

import static java.util.Objects.requireNonNull;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/**
 * What makes a message the same message: who consumes it, and its ID. Two consumers of one message have two keys, so
 * that each processes it once.
 *
 * <p>Both parts are compared byte by byte. Neither is ever cut, trimmed or changed in case: a value that the table
 * could not hold exactly is refused, since two messages that look alike to it would swallow one another.
 *
 * @param consumer the logical name of the consumer, by convention its queue; 1 to 255 bytes of UTF-8, not blank
 * @param messageId the message's ID, the same for every copy of it; 1 to 255 bytes of UTF-8, not blank
 */
public record MessageKey(String consumer, String messageId) {

    /** The most bytes of UTF-8 that a part may have: the longest that AMQP 0-9-1 can carry as a {@code message-id}. */
    public static final int MAX_BYTES = 255;

    /**
     * Checks both parts.
     *
     * @param consumer the logical name of the consumer
     * @param messageId the message's ID
     * @throws IllegalArgumentException if a part is blank, too long, or holds a character that PostgreSQL's {@code text}
     *     cannot (NUL, half a surrogate pair) or that stands for bytes which were not UTF-8 (U+FFFD)
     */
    public MessageKey {
        check("consumer", consumer);
        check("message ID", messageId);
    }

    /**
     * The key of a message that shares its ID with another one, and is to be processed all the same: made of the ID's
     * hash and the body's, so that it fits.
     *
     * @param body the message's own body
     * @return a key that no message has which is told apart by its ID
     */
    public MessageKey withBody(Fingerprint body) {
        String id = Fingerprint.of(messageId.getBytes(StandardCharsets.UTF_8)).toString();
        return new MessageKey(consumer, id.substring(0, 32) + " " + body);
    }

    @Override
    public String toString() {
        return consumer + "/" + messageId;
    }

    private static void check(String part, String value) {
        requireNonNull(value, part);
        if (value.isBlank()) {
            throw new IllegalArgumentException(part + " is blank, and so tells nothing apart");
        }
        // U+FFFD is what a decoder leaves of bytes it cannot read: different IDs may have become this one.
        if (value.indexOf('\0') >= 0 || value.indexOf('\uFFFD') >= 0) {
            throw new IllegalArgumentException(part + " holds a NUL or bytes that are not UTF-8: " + printable(value));
        }
        int bytes = utf8Length(part, value);
        if (bytes > MAX_BYTES) {
            throw new IllegalArgumentException(
                    part + " has " + bytes + " bytes, more than " + MAX_BYTES + ": " + printable(value));
        }
    }

    private static int utf8Length(String part, String value) {
        try {
            ByteBuffer utf8 = StandardCharsets.UTF_8.newEncoder().encode(CharBuffer.wrap(value));
            return utf8.remaining();
        } catch (CharacterCodingException e) {
            throw new IllegalArgumentException(part + " holds half a surrogate pair: " + printable(value), e);
        }
    }

    private static String printable(String value) {
        String start = value.length() <= 60 ? value : value.substring(0, 60) + "…";
        return "'" + start.replaceAll("\\p{Cntrl}", "?") + "'";
    }
}
