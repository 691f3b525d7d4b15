package io.dedup.spi;

import static java.util.Objects.requireNonNull;

import io.dedup.Fingerprint;
import io.dedup.MessageKey;
import org.jspecify.annotations.Nullable;

/**
 * One message of a batch.
 *
 * @param key the message
 * @param body its body's fingerprint; null to compare keys only
 * @param entity the business entity whose messages keep their order; null if it does not matter
 * @param content what the work is handed if the message is new
 * @param <T> the type of the content
 */
public record BatchItem<T>(
        MessageKey key,
        @Nullable Fingerprint body,
        @Nullable Object entity,
        T content) {

    /**
     * Checks that all is there.
     *
     * @param key the message
     * @param body its body's fingerprint, or null
     * @param entity the business entity, or null
     * @param content what the work is handed
     */
    public BatchItem {
        requireNonNull(key, "key");
        requireNonNull(content, "content");
    }

    /**
     * One whose order does not matter.
     *
     * @param key the message
     * @param body its body's fingerprint, or null
     * @param content what the work is handed
     */
    public BatchItem(MessageKey key, @Nullable Fingerprint body, T content) {
        this(key, body, null, content);
    }
}
