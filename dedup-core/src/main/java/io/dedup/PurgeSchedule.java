package io.dedup;

import java.time.Duration;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A running purge, on one daemon thread. A purge that fails is logged, and the next one comes at its time. */
public final class PurgeSchedule implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(PurgeSchedule.class);

    private final ScheduledExecutorService thread;

    PurgeSchedule(DedupAdmin dedup, Duration retention, Duration every) {
        Purge.requirePositive("retention", retention);
        long millis = Math.max(1, Purge.requirePositive("interval", every).toMillis());
        this.thread = DaemonScheduler.named("dedup-purge");
        // A random start: nodes that were deployed together do not purge together.
        long first = ThreadLocalRandom.current().nextLong(millis);
        var unused = thread.scheduleWithFixedDelay(() -> purge(dedup, retention), first, millis, TimeUnit.MILLISECONDS);
    }

    private static void purge(DedupAdmin dedup, Duration retention) {
        try {
            long rows = dedup.purge(retention);
            log.debug("purged {} keys older than {}", rows, retention);
        } catch (RuntimeException | Error e) { // what escapes would end the schedule
            log.warn("purge failed; the next one will try again", e);
        }
    }

    /** Stops it; a purge under way ends after its chunk. */
    @Override
    public void close() {
        thread.shutdownNow();
    }
}
