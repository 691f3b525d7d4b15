package io.dedup;

import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.LongSupplier;

/**
 * How many messages to put into one transaction. Grows while that goes well, and halves when a message fails. A collision
 * costs its transactions far more than a commit saves, so after one the size falls to a quarter and stays there for a
 * pause, each longer than the last: a workload whose groups collide must end up as fast as one by one. Thread-safe.
 */
final class GroupSize {

    private static final long FIRST_PAUSE = Duration.ofSeconds(2).toNanos();
    private static final long LONGEST_PAUSE = Duration.ofMinutes(10).toNanos();

    private volatile int max;
    private final LongSupplier clock;
    private volatile int size;
    private long pause = FIRST_PAUSE;
    private long pausedUntil;

    GroupSize(int max, LongSupplier nanoClock) {
        this.max = max;
        this.clock = nanoClock;
        this.size = max;
        this.pausedUntil = nanoClock.getAsLong();
    }

    int current() {
        return size;
    }

    /** A group of this many went well. */
    void good(int messages) {
        if (messages >= size && size < max) { // smaller ones prove nothing about larger ones
            grow(messages);
        }
    }

    private synchronized void grow(int messages) {
        if (clock.getAsLong() - pausedUntil < 0) {
            return;
        }
        size = Math.min(max, messages + Math.max(1, messages / 4));
        if (size == max) {
            pause = FIRST_PAUSE;
        }
    }

    /** Its handler is not for groups, whatever their size. */
    synchronized void oneByOneForGood() {
        max = 1;
        size = 1;
    }

    /** A message of a group of this many failed. */
    synchronized void failed(int messages) {
        size = Math.max(1, Math.min(size, messages / 2));
    }

    /** A group of this many collided; returns whether that made it one by one. */
    synchronized boolean collided(int messages) {
        int smaller = Math.max(1, messages / 4);
        if (smaller >= size) {
            return false; // others of that size have said so already
        }
        size = smaller;
        // Not all workers shall try again at once.
        pausedUntil = clock.getAsLong() + pause + ThreadLocalRandom.current().nextLong(pause / 4);
        pause = Math.min(2 * pause, LONGEST_PAUSE);
        return size == 1;
    }
}
