package io.dedup;

import java.util.LinkedHashMap;
import java.util.Map;

/** How often messages were tried in this process for reasons that the database does not count. Thread-safe. */
final class UncountedTries {

    private static final int MAX_REMEMBERED = 10_000;

    private final Map<MessageKey, Integer> tries = new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<MessageKey, Integer> eldest) {
            return size() > MAX_REMEMBERED;
        }
    };

    /** Counts one more. */
    synchronized int next(MessageKey key) {
        return tries.merge(key, 1, Integer::sum);
    }

    synchronized void forget(MessageKey key) {
        if (!tries.isEmpty()) {
            tries.remove(key);
        }
    }
}
