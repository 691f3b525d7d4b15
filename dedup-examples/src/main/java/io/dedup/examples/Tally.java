package io.dedup.examples;

import io.dedup.DedupListener;
import io.dedup.Outcome;
import io.dedup.Result;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;

/** Counts what only a consumer itself can know: what it was handed. Thread-safe. */
final class Tally implements DedupListener {

    private final AtomicLong begun = new AtomicLong();
    private final AtomicLong delivered = new AtomicLong();
    private final AtomicLong redelivered = new AtomicLong();
    private final AtomicLong duplicates = new AtomicLong();
    private final AtomicLong ended = new AtomicLong();
    private volatile long lastEvent = System.nanoTime();

    /** A delivery comes to work. */
    void begin() {
        begun.incrementAndGet();
        lastEvent = System.nanoTime();
    }

    /** What the broker says of a delivery. */
    void delivered(boolean again) {
        delivered.incrementAndGet();
        if (again) {
            redelivered.incrementAndGet();
        }
    }

    /** A delivery is no longer in work, whatever became of it. */
    void end() {
        ended.incrementAndGet();
        lastEvent = System.nanoTime();
    }

    @Override
    public void onResult(Result result) {
        if (result.outcome() == Outcome.DUPLICATE) {
            duplicates.incrementAndGet();
        }
        end();
    }

    @Override
    public void onDelivery(Result result, boolean again) {
        delivered(again);
    }

    /** Whether nothing is in work, and nothing has been for a while. */
    boolean isQuietFor(Duration time) {
        return ended.get() == begun.get() && System.nanoTime() - lastEvent > time.toNanos();
    }

    long delivered() {
        return delivered.get();
    }

    long redelivered() {
        return redelivered.get();
    }

    long duplicates() {
        return duplicates.get();
    }
}
