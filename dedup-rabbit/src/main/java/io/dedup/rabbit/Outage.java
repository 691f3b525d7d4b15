package io.dedup.rabbit;

import io.dedup.Deduplicator;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The database is away: nobody consumes until it is back. A consumer that went on would take message after message only
 * to give each back. Probes with growing pauses. Thread-safe.
 */
final class Outage {

    private static final Logger log = LoggerFactory.getLogger(Outage.class);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(30);
    private static final long LOOK_MILLIS = 100;

    private final String consumer;
    private final Deduplicator dedup;
    private final Backoff backoff;
    private final Pauses pauses;
    private @Nullable String reason;
    private Instant since = Instant.now();

    Outage(Options options, Pauses pauses) {
        this.consumer = options.consumer();
        this.dedup = options.dedup();
        this.backoff = new Backoff(options.firstPause(), LONGEST_PAUSE);
        this.pauses = pauses;
    }

    /** Returns whether this call began it. */
    synchronized boolean begin(@Nullable Throwable cause) {
        if (reason != null) {
            return false;
        }
        backoff.forget(this);
        reason = cause == null ? "the database cannot be used" : String.valueOf(cause.getMessage());
        since = Instant.now();
        log.warn("{} - paused since {}: {}", consumer, since, reason, cause);
        pauses.after(backoff.next(this), this::probe);
        return true;
    }

    private void probe() {
        try {
            dedup.verify();
            end();
        } catch (Throwable e) { // an Error too must not end the probing
            pauses.after(backoff.next(this), this::probe);
            log.warn("{} - still paused since {}: {}", consumer, since, e.getMessage());
        }
    }

    private synchronized void end() {
        log.warn("{} - goes on; it was paused since {}", consumer, since);
        reason = null;
        since = Instant.now();
    }

    synchronized boolean isOn() {
        return reason != null;
    }

    /** Returns when it is over, or nobody needs to know any more. */
    void awaitEnd(CountDownLatch closing) throws InterruptedException {
        while (isOn() && !closing.await(LOOK_MILLIS, TimeUnit.MILLISECONDS)) {
            log.trace("{} - still paused", consumer);
        }
    }

    synchronized ConsumerState state() {
        ConsumerState.Phase phase = reason == null ? ConsumerState.Phase.RUNNING : ConsumerState.Phase.PAUSED;
        return new ConsumerState(phase, reason, since);
    }
}
