package io.dedup.spi;

import static java.util.Objects.requireNonNull;

import io.dedup.Fingerprint;
import io.dedup.MessageKey;
import io.dedup.Work;
import org.jspecify.annotations.Nullable;

/**
 * One message, and what to do for it.
 *
 * @param key the message
 * @param body its body's fingerprint; null to compare keys only
 * @param entity the business entity whose messages keep their order; null if it does not matter
 * @param work what to do if it is new; may run again when its group has failed, even if another message of it did
 */
public record KeyedWork(
        MessageKey key,
        @Nullable Fingerprint body,
        @Nullable Object entity,
        Work<?> work) {

    /**
     * Checks that all is there.
     *
     * @param key the message
     * @param body its body's fingerprint, or null
     * @param entity the business entity, or null
     * @param work what to do if it is new
     */
    public KeyedWork {
        requireNonNull(key, "key");
        requireNonNull(work, "work");
    }

    /**
     * One whose order does not matter.
     *
     * @param key the message
     * @param body its body's fingerprint, or null
     * @param work what to do if it is new
     */
    public KeyedWork(MessageKey key, @Nullable Fingerprint body, Work<?> work) {
        this(key, body, null, work);
    }
}
