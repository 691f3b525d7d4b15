package io.dedup.amqp;

import io.dedup.spi.Backoff;
import io.dedup.spi.Causes;
import io.dedup.spi.Engine;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The database is away: no message would fare better than the one that found that out. Probes with growing pauses until it
 * is back. Thread-safe.
 */
final class Outage {

    private static final Logger log = LoggerFactory.getLogger(Outage.class);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(30);

    /** Told when an outage begins and ends; one after the other. */
    interface Listener {
        void began();

        void ended();
    }

    private final String consumer;
    private final Engine engine;
    private final Backoff backoff;
    private final ScheduledExecutorService scheduler;
    private final Listener listener;
    private @Nullable String reason;
    private Instant since = Instant.now();
    private int probes;

    Outage(String consumer, Engine engine, Duration firstPause, ScheduledExecutorService scheduler, Listener listener) {
        this.consumer = consumer;
        this.engine = engine;
        this.backoff = new Backoff(firstPause.compareTo(LONGEST_PAUSE) < 0 ? firstPause : LONGEST_PAUSE, LONGEST_PAUSE);
        this.scheduler = scheduler;
        this.listener = listener;
    }

    synchronized void begin(@Nullable Throwable cause) {
        if (reason != null) {
            return;
        }
        probes = 0;
        reason = cause == null ? "the database cannot be used" : Causes.text(cause);
        since = Instant.now();
        log.warn("{} - paused since {}: {}", consumer, since, reason, cause == null ? null : Causes.printable(cause));
        listener.began();
        probeLater();
    }

    private synchronized void probeLater() {
        probes++;
        try {
            var unused = scheduler.schedule(this::probe, backoff.after(probes).toMillis(), TimeUnit.MILLISECONDS);
        } catch (RejectedExecutionException e) {
            log.debug("{} - closed; nobody needs to know any more", consumer, e);
        }
    }

    private void probe() {
        try {
            engine.verify();
        } catch (Throwable e) { // an Error too must not end the probing
            log.warn("{} - still paused since {}: {}", consumer, since, Causes.text(e));
            probeLater();
            return;
        }
        end();
    }

    private synchronized void end() {
        log.warn("{} - goes on; it was paused since {}", consumer, since);
        reason = null;
        since = Instant.now();
        listener.ended();
    }

    /** Why nothing is processed; null if there is no outage. */
    synchronized @Nullable String reason() {
        return reason;
    }

    /** When the present state began. */
    synchronized Instant since() {
        return since;
    }
}
