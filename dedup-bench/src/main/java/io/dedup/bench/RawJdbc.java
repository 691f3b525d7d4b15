package io.dedup.bench;

import io.dedup.Deduplicator;
import io.dedup.MessageKey;
import java.sql.SQLException;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/** The same statements and transactions without a broker: as many threads as there are workers, all orders in memory. */
final class RawJdbc implements Contestant {

    private final boolean claims;

    RawJdbc(boolean claims) {
        this.claims = claims;
    }

    @Override
    public Label label() {
        return Label.unprotected(claims ? "JDBC loop with claim, no broker" : "JDBC loop, no broker", Kind.LIMIT);
    }

    @Override
    public boolean consumes() {
        return false;
    }

    @Override
    public AutoCloseable start(Arena arena) {
        Deduplicator dedup = Deduplicator.create(arena.pool());
        Queue<Order> orders = new ConcurrentLinkedQueue<>(arena.load().messages());
        for (int i = 0; i < arena.concurrency(); i++) {
            arena.threads().execute(() -> work(arena, dedup, orders));
        }
        return () -> {};
    }

    private void work(Arena arena, Deduplicator dedup, Queue<Order> orders) {
        for (Order order = orders.poll(); order != null; order = orders.poll()) {
            arena.probe().delivered();
            write(arena, dedup, order);
            arena.probe().acknowledged();
        }
    }

    private void write(Arena arena, Deduplicator dedup, Order order) {
        try {
            PlainAmqp.inTransaction(arena, tx -> {
                if (!claims || dedup.claim(tx, new MessageKey(TestBed.QUEUE, order.id()))) {
                    arena.work().one(tx, order);
                }
            });
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }
}
