package io.dedup;

import static org.assertj.core.api.Assertions.assertThat;

import com.zaxxer.hikari.HikariDataSource;
import io.dedup.spi.GroupProcessor;
import io.dedup.spi.KeyedWork;
import io.dedup.test.Database;
import io.dedup.test.ServersExtension;
import java.sql.PreparedStatement;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.LongAdder;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** Trap 18, by the clock: a workload for which groups are wrong ends one by one. */
@ExtendWith(ServersExtension.class)
@Tag("proof")
@Timeout(120)
class ContendedRowsTest {

    private static final int THREADS = 4;
    private static final int BALANCES = 20;
    private static final Duration UNTIL_SIZE_IS_FOUND = Duration.ofSeconds(25);
    private static final Duration WINDOW = Duration.ofSeconds(10);

    private final Orders orders;
    private final Database database;

    ContendedRowsTest(Database database) {
        this.orders = Orders.in(database);
        this.database = database;
    }

    /**
     * Four threads without lanes; each message inserts a row and updates one of few balances. What they do not spend in
     * groups they spend one by one, so this share of their time is what is lost at most; and it can be measured on a
     * machine that has other work, where speeds cannot be compared.
     */
    @Test
    void lessThanATenthOfTheTimeIsSpentInGroupsThatCollide() {
        orders.execute("CREATE TABLE balances (id int PRIMARY KEY, amount int NOT NULL)");
        orders.execute("INSERT INTO balances SELECT id, 0 FROM generate_series(1, " + BALANCES + ") AS id");
        LongAdder messages = new LongAdder();
        LongAdder inGroups = new LongAdder();
        try (HikariDataSource pool = new HikariDataSource()) {
            pool.setJdbcUrl(database.jdbcUrl());
            pool.setMaximumPoolSize(THREADS);
            GroupProcessor groups = Deduplicator.create(pool).engine().groups(100);
            long from = System.nanoTime() + UNTIL_SIZE_IS_FOUND.toNanos();
            List<CompletableFuture<Void>> threads = Stream.generate(
                            () -> Orders.onItsOwnThread(() -> work(groups, from, messages, inGroups)))
                    .limit(THREADS)
                    .toList();
            threads.forEach(CompletableFuture::join);
        }
        double share = inGroups.sum() / (double) WINDOW.multipliedBy(THREADS).toNanos();
        System.out.printf("contended rows: %.1f %% of the time in groups, %d messages%n", 100 * share, messages.sum());
        assertThat(share).isLessThan(0.1);
        assertThat(orders.count("SELECT sum(amount) FROM balances")).isEqualTo(messages.sum());
    }

    @SuppressWarnings("NullAway") // nothing to return
    private static Void work(GroupProcessor groups, long from, LongAdder messages, LongAdder inGroups) {
        long end = from + WINDOW.toNanos();
        for (long now = System.nanoTime(); now < end; now = System.nanoTime()) {
            List<KeyedWork> tasks = Stream.generate(ContendedRowsTest::task)
                    .limit(groups.size())
                    .toList();
            List<Result> results = groups.attempt(tasks);
            messages.add(results.stream()
                    .filter(result -> result.outcome() == Outcome.PROCESSED)
                    .count());
            if (now >= from && tasks.size() > 1) {
                inGroups.add(System.nanoTime() - now);
            }
        }
        return null;
    }

    private static KeyedWork task() {
        MessageKey key = Orders.newKey();
        int balance = ThreadLocalRandom.current().nextInt(BALANCES) + 1;
        return new KeyedWork(key, null, tx -> {
            Orders.save(tx, key);
            try (PreparedStatement update =
                    tx.prepareStatement("UPDATE balances SET amount = amount + 1 WHERE id = ?")) {
                update.setInt(1, balance);
                update.executeUpdate();
            }
        });
    }
}
