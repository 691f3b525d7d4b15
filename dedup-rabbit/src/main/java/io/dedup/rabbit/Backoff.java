package io.dedup.rabbit;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;

/** How long something waits before it is tried again: twice as long each time, and never quite the same. Thread-safe. */
final class Backoff {

    private static final int MAX_REMEMBERED = 10_000;
    private static final int MAX_DOUBLINGS = 30;

    private final Duration first;
    private final Duration longest;
    private final Map<Object, Integer> tries = new LinkedHashMap<>(16, 0.75f, true) {
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

    /** The pause after so many tries. */
    Duration after(int tries) {
        long millis = Math.min(first.toMillis() << Math.min(tries - 1, MAX_DOUBLINGS), longest.toMillis());
        // Between three quarters and all of it, so that what failed together does not come back together.
        return Duration.ofMillis(millis - ThreadLocalRandom.current().nextLong(millis / 4 + 1));
    }

    /** The same, for tries that nobody else counts. */
    synchronized Duration next(Object key) {
        return after(tries.merge(key, 1, Integer::sum));
    }

    synchronized int tries(Object key) {
        return tries.getOrDefault(key, 0);
    }

    synchronized void forget(Object key) {
        if (!tries.isEmpty()) {
            tries.remove(key);
        }
    }

    /** All pauses that so many attempts can take together. */
    Duration total(int attempts) {
        Duration sum = Duration.ZERO;
        for (int tries = 1; tries < attempts; tries++) {
            long millis = first.toMillis() << Math.min(tries - 1, MAX_DOUBLINGS);
            sum = sum.plusMillis(Math.min(millis, longest.toMillis()));
        }
        return sum;
    }
}
