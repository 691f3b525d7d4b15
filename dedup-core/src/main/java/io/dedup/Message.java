package io.dedup;

import static java.util.Objects.requireNonNull;

import org.jspecify.annotations.Nullable;

/**
 * One message of a batch.
 *
 * @param key the message
 * @param body its body's fingerprint; null to compare keys only
 * @param content what the work is handed if the message is new
 * @param <T> the type of the content
 * @see Groups
 */
public record Message<T>(MessageKey key, @Nullable Fingerprint body, T content) {

    /**
     * Checks that all is there.
     *
     * @param key the message
     * @param body its body's fingerprint, or null
     * @param content what the work is handed
     */
    public Message {
        requireNonNull(key, "key");
        requireNonNull(content, "content");
    }
}
