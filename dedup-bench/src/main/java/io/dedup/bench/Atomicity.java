package io.dedup.bench;

import io.dedup.rabbit.Writes;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Whether key and business write share one fate, as a contestant is set up here. A message and its copy are consumed; the
 * handler writes, another connection looks for the key, and the handler throws. The key must not be there while the handler
 * runs (or a crash would leave it without the writes), not after the failure, and there must be one effect in the end.
 */
final class Atomicity {

    private static final Duration LIMIT = Duration.ofSeconds(30);

    private final TestBed bed;

    Atomicity(TestBed bed) {
        this.bed = bed;
    }

    /**
     * What was seen.
     *
     * @param contestant who
     * @param finished whether both messages were acknowledged
     * @param whileWorking keys that others saw before the handler threw
     * @param afterFailure keys that were left when the message came again
     * @param effects in the end
     */
    record Verdict(String contestant, boolean finished, long whileWorking, long afterFailure, long effects) {

        boolean atomic() {
            return finished && whileWorking == 0 && afterFailure == 0 && effects == 1;
        }
    }

    Verdict of(Contestant contestant) throws Exception {
        bed.tables.reset();
        String keys = contestant.label().keys();
        if (keys == null) {
            throw new IllegalArgumentException(contestant.name() + " keeps no keys");
        }
        Order order = Load.fresh(1).messages().get(0);
        bed.publish(List.of(order, order));
        FailingOnce work = new FailingOnce(bed.tables, keys);
        Probe probe = new Probe(2);
        boolean finished;
        try (Arena arena = bed.arena(1, work, Load.fresh(0), probe, id -> {})) {
            AutoCloseable running = contestant.start(arena);
            finished = probe.await(LIMIT);
            running.close();
        }
        bed.purgeQueue();
        return new Verdict(
                contestant.name(), finished, work.whileWorking, work.afterFailure, bed.tables.rowsIn("effect"));
    }

    /** Throws the first time, after its writes; looks at the keys each time. */
    private static final class FailingOnce implements Work {
        private final Tables tables;
        private final String keys;
        private final AtomicInteger runs = new AtomicInteger();
        private volatile long whileWorking = -1;
        private volatile long afterFailure = -1;

        FailingOnce(Tables tables, String keys) {
            this.tables = tables;
            this.keys = keys;
        }

        @Override
        public void one(Connection tx, Order order) throws SQLException {
            many(tx, List.of(order));
        }

        @Override
        public void many(Connection tx, List<Order> orders) throws SQLException {
            Write.INSERT.many(tx, orders);
            look();
        }

        @Override
        public void deferred(Writes writes, Order order) {
            Write.INSERT.deferred(writes, order);
            try {
                look();
            } catch (SQLException e) {
                throw new IllegalStateException(e);
            }
        }

        private void look() throws SQLException {
            long visible = tables.rowsIn(keys);
            if (runs.getAndIncrement() == 0) {
                whileWorking = visible;
                throw new IllegalStateException("on purpose");
            }
            afterFailure = visible;
        }
    }
}
