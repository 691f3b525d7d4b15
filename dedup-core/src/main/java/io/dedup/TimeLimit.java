package io.dedup;

import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Ends handlers that take too long: cancels the statement that runs, and interrupts the thread. */
final class TimeLimit {

    static final TimeLimit NONE = new TimeLimit(null);

    private static final Logger log = LoggerFactory.getLogger(TimeLimit.class);

    private final @Nullable Duration limit;
    private final ScheduledThreadPoolExecutor watch;

    TimeLimit(@Nullable Duration limit) {
        this.limit = limit;
        this.watch = DaemonScheduler.named("dedup-time-limit");
    }

    void run(Work<?> work, GuardedConnection guard) throws Exception {
        if (limit == null) {
            work.run(guard.connection());
            return;
        }
        Deadline deadline = new Deadline(guard, Thread.currentThread());
        Future<?> alarm = watch.schedule(deadline::strike, limit.toMillis(), TimeUnit.MILLISECONDS);
        try {
            work.run(guard.connection());
        } catch (Throwable t) {
            if (deadline.disarm()) {
                throw new DedupException(
                        Outcome.FAILED,
                        "the handler was stopped at its time limit of " + limit,
                        "make it faster, or raise the Deduplicator's timeLimit",
                        t);
            }
            throw t;
        } finally {
            var unused = deadline.disarm(); // work that finished in spite of the alarm is finished
            alarm.cancel(false);
        }
    }

    /** Either the handler ends or the alarm strikes; the interrupt never hits what comes after the handler. */
    private static final class Deadline {

        private final GuardedConnection guard;
        private final Thread handler;
        private boolean over;
        private boolean struck;

        Deadline(GuardedConnection guard, Thread handler) {
            this.guard = guard;
            this.handler = handler;
        }

        synchronized void strike() {
            if (over) {
                return;
            }
            struck = true;
            handler.interrupt();
            try {
                guard.cancelRunning();
            } catch (SQLException | RuntimeException e) {
                log.debug("the running statement could not be cancelled", e);
            }
        }

        /** Returns whether the alarm struck; takes its interrupt back. */
        synchronized boolean disarm() {
            if (!over && struck) {
                var unused = Thread.interrupted();
            }
            over = true;
            return struck;
        }
    }
}
