package io.dedup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.dedup.test.Database;
import io.dedup.test.ServersExtension;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** What holds for every way in. */
@ExtendWith(ServersExtension.class)
abstract class DedupContract {

    final Orders orders;
    final Deduplicator dedup;

    DedupContract(Database database) {
        this.orders = Orders.in(database);
        this.dedup = Deduplicator.create(orders.dataSource);
    }

    /** Hands one delivery to the way in under test. */
    abstract Outcome deliver(MessageKey key, Work<Exception> work) throws Exception;

    @Test
    void aNewMessageIsProcessedAndARepeatedOneSkipped() throws Exception {
        MessageKey key = Orders.newKey();
        assertThat(deliver(key, tx -> Orders.save(tx, key))).isEqualTo(Outcome.PROCESSED);
        assertThat(deliver(key, tx -> Orders.save(tx, key))).isEqualTo(Outcome.DUPLICATE);
        assertThat(orders.effectsOf(key)).isOne();
    }

    @Test
    void twoConsumersProcessTheSameMessageOnceEach() throws Exception {
        MessageKey billing = Orders.newKey();
        MessageKey shipping = new MessageKey("shipping", billing.messageId());
        assertThat(deliver(billing, tx -> Orders.save(tx, billing))).isEqualTo(Outcome.PROCESSED);
        assertThat(deliver(shipping, tx -> Orders.save(tx, shipping))).isEqualTo(Outcome.PROCESSED);
        assertThat(orders.effectsOf(billing)).isEqualTo(2);
    }

    @Test
    void idsAreComparedByteByByte() throws Exception {
        for (String id : List.of("ıd", "id", "ID", "id ", "İD", "i\u0307d")) {
            MessageKey key = new MessageKey("bytes", id);
            assertThat(deliver(key, tx -> Orders.save(tx, key))).isEqualTo(Outcome.PROCESSED);
        }
    }

    @Test
    void aFailedHandlerLeavesNothingAndItsExceptionPassesUnwrapped() throws Exception {
        MessageKey key = Orders.newKey();
        Exception thrown = new Exception("card declined");
        assertThatThrownBy(() -> deliver(key, tx -> {
                    Orders.save(tx, key);
                    throw thrown;
                }))
                .isSameAs(thrown);
        assertThat(orders.effectsOf(key) + orders.keysOf(key)).isZero();
        assertThat(deliver(key, tx -> Orders.save(tx, key))).isEqualTo(Outcome.PROCESSED);
    }

    /** Trap 5. */
    @Test
    void anErrorRollsBackBeforeAutocommitIsRestored() {
        MessageKey key = Orders.newKey();
        StackOverflowError error = new StackOverflowError("too deep");
        assertThatThrownBy(() -> deliver(key, tx -> {
                    Orders.save(tx, key);
                    throw error;
                }))
                .isSameAs(error);
        assertThat(orders.effectsOf(key) + orders.keysOf(key)).isZero();
    }

    /** Trap 1. */
    @Test
    void aSwallowedSqlErrorIsAFailureAndNotASilentRollback() throws Exception {
        MessageKey key = Orders.newKey();
        assertThatThrownBy(() -> deliver(key, tx -> {
                    Orders.save(tx, key);
                    try (Statement broken = tx.createStatement()) {
                        broken.execute("INSERT INTO no_such_table VALUES (1)");
                    } catch (SQLException swallowed) {
                        // as handlers do
                    }
                }))
                .isInstanceOf(DedupException.class)
                .hasMessageContaining("swallowed an SQLException")
                .extracting(e -> ((DedupException) e).outcome())
                .isEqualTo(Outcome.FAILED);
        assertThat(orders.effectsOf(key) + orders.keysOf(key)).isZero();
    }

    @Test
    void eightThreadsDeliverTheSameKeysWithRandomFailuresAndEachHappensOnce() throws Exception {
        int keys = 200;
        orders.execute("CREATE TABLE counters (id int PRIMARY KEY, effects int NOT NULL)");
        orders.execute("INSERT INTO counters SELECT id, 0 FROM generate_series(0, " + (keys - 1) + ") AS id");
        long seed = System.nanoTime();
        ExecutorService threads = Executors.newFixedThreadPool(8);
        List<Future<?>> done = new ArrayList<>();
        for (int thread = 0; thread < 8; thread++) {
            Random random = new Random(seed + thread);
            done.add(threads.submit(() -> deliverAll(keys, random)));
        }
        threads.shutdown();
        for (Future<?> each : done) {
            each.get();
        }
        assertThat(orders.count("SELECT count(*) FROM counters WHERE effects <> 1"))
                .as("seed %d", seed)
                .isZero();
    }

    private void deliverAll(int keys, Random random) {
        List<Integer> todo = new ArrayList<>();
        for (int id = 0; id < keys; id++) {
            todo.add(id);
        }
        while (!todo.isEmpty()) {
            Collections.shuffle(todo, random);
            todo.removeIf(id -> isDone(id, random.nextInt(5)));
        }
    }

    private boolean isDone(int id, int dice) {
        try {
            return deliver(new MessageKey("fuzz", "key " + id), tx -> {
                        try (Statement update = tx.createStatement()) {
                            update.execute("UPDATE counters SET effects = effects + 1 WHERE id = " + id);
                        }
                        if (dice == 0) {
                            throw new IllegalStateException("bad luck");
                        }
                    })
                    .isDone();
        } catch (Exception e) {
            return false;
        }
    }
}
