package io.dedup;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs statements that may wait for another transaction, and cancels them when they have waited too long. PostgreSQL's
 * {@code lock_timeout} does the same, but has to be set and put back around each statement, which made a third of a
 * claim's work in the server; this costs the server nothing. One look at all that run, every now and then, instead of an
 * alarm for each: nearly all end long before it.
 *
 * @see <a href="https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-FLOW-CANCELING-REQUESTS">PostgreSQL,
 *     canceling requests</a>
 */
final class BoundedWait {

    private static final Logger log = LoggerFactory.getLogger(BoundedWait.class);

    private static final Duration RAREST_LOOK = Duration.ofMillis(250);

    private final long nanos;
    private final long look;
    private final Set<Waiting> all = ConcurrentHashMap.newKeySet();
    private final AtomicBoolean watching = new AtomicBoolean();
    private final ScheduledThreadPoolExecutor watch = DaemonScheduler.named("dedup-bounded-wait");

    BoundedWait(Duration bound) {
        this.nanos = bound.toNanos();
        this.look = Math.min(nanos / 4, RAREST_LOOK.toNanos());
    }

    /**
     * The number of rows.
     *
     * @throws DedupException with outcome BUSY if it took longer than the bound; that is noticed a quarter of the bound
     *     late at most, and 250 ms
     */
    int executeUpdate(PreparedStatement statement) throws SQLException {
        Waiting waiting = new Waiting(statement, System.nanoTime() + nanos);
        all.add(waiting);
        watch();
        try {
            return statement.executeUpdate();
        } catch (SQLException e) {
            if (waiting.end() && SqlStates.QUERY_CANCELED.equals(e.getSQLState())) {
                throw DedupExceptions.busy(e);
            }
            throw e;
        } finally {
            var unused = waiting.end();
            all.remove(waiting);
        }
    }

    private void watch() {
        if (!watching.get() && watching.compareAndSet(false, true)) {
            var unused = watch.schedule(this::look, look, TimeUnit.NANOSECONDS);
        }
    }

    private void look() {
        watching.set(false); // before the look: whoever comes after it asks for the next one
        long now = System.nanoTime();
        for (Waiting each : all) {
            each.cancelIfLate(now);
        }
        if (!all.isEmpty()) {
            watch();
        }
    }

    /** One statement that runs. It either ends or is cancelled: a cancel never hits what its connection does next. */
    private static final class Waiting {

        private final PreparedStatement statement;
        private final long deadline;
        private boolean cancelled;
        private boolean over;

        Waiting(PreparedStatement statement, long deadline) {
            this.statement = statement;
            this.deadline = deadline;
        }

        /** Waits for the answer to a cancel; again at the next look if that did not arrive. */
        synchronized void cancelIfLate(long now) {
            if (over || now - deadline < 0) {
                return;
            }
            cancelled = true;
            try {
                cancel();
            } catch (SQLException | RuntimeException e) {
                log.debug("a statement that waits too long could not be cancelled; tries again", e);
            }
        }

        private void cancel() throws SQLException {
            Connection connection = statement.getConnection();
            if (Pgjdbc.drives(connection)) {
                Pgjdbc.cancel(connection);
            } else {
                statement.cancel();
            }
        }

        /** Returns whether it was cancelled. */
        synchronized boolean end() {
            over = true;
            return cancelled;
        }
    }
}
