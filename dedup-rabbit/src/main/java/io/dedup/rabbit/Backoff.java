package io.dedup.rabbit;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;

/** How long a message waits before it comes again: twice as long each time, and never quite the same. Thread-safe. */
final class Backoff {

    private static final int MAX_REMEMBERED = 10_000;
    private static final int MAX_DOUBLINGS = 30;

    private final Duration first;
    private final Duration longest;
    private final Map<Object, Integer> attempts = new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Object, Integer> eldest) {
            return size() > MAX_REMEMBERED;
        }
    };

    Backoff(Duration first, Duration longest) {
        this.first = first;
        this.longest = longest;
    }

    synchronized Duration next(Object key) {
        int before = attempts.merge(key, 1, Integer::sum) - 1;
        long millis = Math.min(first.toMillis() << Math.min(before, MAX_DOUBLINGS), longest.toMillis());
        // Between three quarters and all of it, so that what failed together does not come back together.
        return Duration.ofMillis(millis - ThreadLocalRandom.current().nextLong(millis / 4 + 1));
    }

    synchronized void forget(Object key) {
        if (!attempts.isEmpty()) {
            attempts.remove(key);
        }
    }
}
