package io.dedup.micrometer;

import io.dedup.DedupAdmin;
import io.dedup.DedupException;
import io.dedup.Deduplicator;
import io.dedup.TableSize;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Meters the tables, as gauges: {@code dedup.table.rows} (PostgreSQL's estimate), {@code dedup.table.size} in bytes with
 * its indexes, {@code dedup.failing}, the messages whose handler has failed and has not succeeded since, and
 * {@code dedup.retention} in seconds, for comparison with the duplicates' age.
 *
 * <p>Looks once a minute, on one daemon thread of its own, so that whoever reads the meters never waits for a database.
 * NaN while that is away. All nodes tell the same.
 */
public final class TableMetrics implements MeterBinder, AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(TableMetrics.class);

    private record Figures(TableSize size, long failing) {}

    private final Deduplicator dedup;
    private final ScheduledExecutorService thread;
    private volatile @Nullable Figures figures;

    /**
     * Looks every minute.
     *
     * @param dedup whose tables
     */
    public TableMetrics(Deduplicator dedup) {
        this(dedup, Duration.ofMinutes(1));
    }

    TableMetrics(Deduplicator dedup, Duration every) {
        this.dedup = dedup;
        this.thread = Executors.newSingleThreadScheduledExecutor(task -> {
            Thread daemon = new Thread(task, "dedup-table-metrics");
            daemon.setDaemon(true);
            return daemon;
        });
        var unused = thread.scheduleWithFixedDelay(this::look, 0, every.toMillis(), TimeUnit.MILLISECONDS);
    }

    private void look() {
        try {
            DedupAdmin admin = dedup.admin();
            long failing =
                    admin.failing().values().stream().mapToLong(Long::longValue).sum();
            figures = new Figures(admin.size(), failing);
        } catch (DedupException e) {
            figures = null;
            log.debug("the tables cannot be looked at", e);
        } catch (RuntimeException | Error e) { // the schedule would end with it
            figures = null;
            log.warn("the tables cannot be metered", e);
        }
    }

    @Override
    public void bindTo(MeterRegistry registry) {
        gauge("dedup.table.rows", "About how many keys the table holds", figures -> figures.size.rows())
                .register(registry);
        gauge("dedup.table.size", "What the table takes on disk, with its indexes", figures -> figures.size.bytes())
                .baseUnit("bytes")
                .register(registry);
        gauge("dedup.failing", "Messages that have failed and not succeeded since", figures -> figures.failing)
                .register(registry);
        Gauge.builder("dedup.retention", () -> dedup.admin().retention().toSeconds())
                .description("How long keys shall be remembered")
                .baseUnit("seconds")
                .register(registry);
    }

    private Gauge.Builder<TableMetrics> gauge(String name, String description, ToDoubleFunction<Figures> figure) {
        return Gauge.builder(name, this, metrics -> {
                    Figures now = metrics.figures;
                    return now == null ? Double.NaN : figure.applyAsDouble(now);
                })
                .description(description)
                .strongReference(true);
    }

    /** Stops looking. */
    @Override
    public void close() {
        thread.shutdownNow();
    }
}
