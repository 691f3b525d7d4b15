package io.dedup.spi;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;

/**
 * How long to wait before the next attempt: twice as long each time, up to a limit, and never quite the same.
 *
 * @param first the pause after the first attempt; at least 1 ms
 * @param longest the longest pause
 */
public record Backoff(Duration first, Duration longest) {

    private static final int MAX_DOUBLINGS = 30;

    /**
     * Checks the order.
     *
     * @param first the pause after the first attempt
     * @param longest the longest pause
     * @throws IllegalArgumentException if the first is under 1 ms or over the longest
     */
    public Backoff {
        requireNonNull(first, "first");
        if (first.toMillis() < 1 || longest.compareTo(first) < 0) {
            throw new IllegalArgumentException(
                    "pauses " + first + " to " + longest + " are not 1 ms or more, in this order");
        }
    }

    /**
     * The pause after so many attempts: between three quarters and all of the doubled first one, so that what failed
     * together does not come back together.
     *
     * @param attempts at least 1
     * @return the pause
     */
    public Duration after(int attempts) {
        long millis = millis(attempts);
        return Duration.ofMillis(millis - ThreadLocalRandom.current().nextLong(millis / 4 + 1));
    }

    /**
     * All pauses that so many attempts can take together.
     *
     * @param attempts at least 1
     * @return the longest sum
     */
    public Duration total(int attempts) {
        Duration sum = Duration.ZERO;
        for (int done = 1; done < attempts; done++) {
            sum = sum.plusMillis(millis(done));
        }
        return sum;
    }

    private long millis(int attempts) {
        return Math.min(first.toMillis() << Math.min(attempts - 1, MAX_DOUBLINGS), longest.toMillis());
    }
}
