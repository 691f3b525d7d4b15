package io.dedup;

import static java.util.Objects.requireNonNull;

import org.jspecify.annotations.Nullable;

/**
 * One message of a group, and what to do for it.
 *
 * @param key the message
 * @param body its body's fingerprint; null to compare keys only
 * @param work what to do if it is new; may run again when its group has failed, even if another message of it did
 * @see Groups
 */
public record Task(MessageKey key, @Nullable Fingerprint body, Work<?> work) {

    /**
     * Checks that all is there.
     *
     * @param key the message
     * @param body its body's fingerprint, or null
     * @param work what to do if it is new
     */
    public Task {
        requireNonNull(key, "key");
        requireNonNull(work, "work");
    }
}
