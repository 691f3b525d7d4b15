package io.dedup;

import static org.assertj.core.api.Assertions.assertThat;

import io.dedup.spi.GroupProcessor;
import io.dedup.spi.KeyedWork;
import io.dedup.test.Database;
import io.dedup.test.ServersExtension;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.postgresql.ds.PGSimpleDataSource;

/** Trap 4: what lost against another transaction is run again, and is no failure of the handler. */
@ExtendWith(ServersExtension.class)
@Timeout(60)
class CollisionTest {

    private final Database database;
    private final Orders orders;

    CollisionTest(Database database) {
        this.database = database;
        this.orders = Orders.in(database);
    }

    /** A key that commits after the snapshot was taken gives 40001 at these levels, where READ COMMITTED gives 0 rows. */
    @ParameterizedTest
    @ValueSource(strings = {"repeatable read", "serializable"})
    void aKeyThatIsCommittedMeanwhileIsADuplicateAtHigherIsolationToo(String level) throws Exception {
        Deduplicator dedup = Deduplicator.create(isolated(level));
        MessageKey key = Orders.newKey();
        CompletableFuture<Result> second;
        try (Connection first = orders.dataSource.getConnection()) {
            first.setAutoCommit(false);
            dedup.claim(first, key);
            second = Orders.onItsOwnThread(() -> Orders.attempt(dedup, key, tx -> Orders.save(tx, key)));
            orders.awaitWaiting(); // if it came later it would see the key and prove less
            first.commit();
        }
        Result result = second.get(20, TimeUnit.SECONDS);
        assertThat(result.outcome()).isEqualTo(Outcome.DUPLICATE);
        assertThat(result.tries()).as("it did collide").isGreaterThan(1);
    }

    /** The claim of one key loses at these levels, and the group with it. */
    @ParameterizedTest
    @ValueSource(strings = {"repeatable read", "serializable"})
    void aGroupThatLosesAgainstAnotherTransactionIsProcessedOneByOne(String level) throws Exception {
        Deduplicator dedup = Deduplicator.create(isolated(level));
        GroupProcessor groups = dedup.engine().groups(10);
        List<MessageKey> keys = List.of(Orders.newKey(), Orders.newKey(), Orders.newKey());
        List<KeyedWork> tasks = keys.stream()
                .map(key -> new KeyedWork(key, null, tx -> Orders.save(tx, key)))
                .toList();
        CompletableFuture<List<Result>> second;
        try (Connection first = orders.dataSource.getConnection()) {
            first.setAutoCommit(false);
            dedup.claim(first, keys.get(1));
            second = Orders.onItsOwnThread(() -> groups.attempt(tasks));
            orders.awaitWaiting();
            first.commit();
        }
        assertThat(second.get(20, TimeUnit.SECONDS))
                .extracting(Result::outcome)
                .containsExactly(Outcome.PROCESSED, Outcome.DUPLICATE, Outcome.PROCESSED);
        assertThat(keys).extracting(orders::effectsOf).containsExactly(1L, 0L, 1L);
        assertThat(groups.size()).as("it did collide").isLessThan(10);
    }

    @Test
    void handlersThatDeadlockAreBothProcessedInTheEnd() throws Exception {
        orders.execute("CREATE TABLE balances (id int PRIMARY KEY, amount int)");
        orders.execute("INSERT INTO balances VALUES (1, 0), (2, 0)");
        orders.execute("ALTER ROLE CURRENT_USER SET deadlock_timeout = '50ms'");
        Deduplicator dedup = Deduplicator.create(orders.dataSource);
        CyclicBarrier bothHoldOne = new CyclicBarrier(2);
        var one = Orders.onItsOwnThread(() -> transfer(dedup, 1, 2, bothHoldOne));
        var two = Orders.onItsOwnThread(() -> transfer(dedup, 2, 1, bothHoldOne));
        assertThat(one.get().outcome()).isEqualTo(Outcome.PROCESSED);
        assertThat(two.get().outcome()).isEqualTo(Outcome.PROCESSED);
        assertThat(one.get().tries() + two.get().tries()).as("they did collide").isGreaterThan(2);
        assertThat(orders.count("SELECT sum(amount) FROM balances")).isEqualTo(4);
    }

    @Test
    void whatNeverStopsCollidingIsBusyAndNotFailed() {
        AtomicInteger runs = new AtomicInteger();
        Result result = Orders.attempt(Deduplicator.create(orders.dataSource), Orders.newKey(), tx -> {
            runs.incrementAndGet();
            // wrapped, as frameworks do
            throw new IllegalStateException(new SQLException("could not serialize access", "40001"));
        });
        assertThat(result.outcome()).isEqualTo(Outcome.BUSY);
        assertThat(runs).hasValue(result.tries()).hasValueGreaterThan(2);
    }

    private Result transfer(Deduplicator dedup, int from, int to, CyclicBarrier bothHoldOne) {
        AtomicInteger runs = new AtomicInteger();
        return Orders.attempt(dedup, Orders.newKey(), tx -> {
            update(tx, from);
            if (runs.getAndIncrement() == 0) {
                bothHoldOne.await(10, TimeUnit.SECONDS);
            }
            update(tx, to);
        });
    }

    private static void update(Connection tx, int id) throws SQLException {
        try (Statement statement = tx.createStatement()) {
            statement.execute("UPDATE balances SET amount = amount + 1 WHERE id = " + id);
        }
    }

    private DataSource isolated(String level) {
        PGSimpleDataSource dataSource = new PGSimpleDataSource();
        dataSource.setURL(database.jdbcUrl());
        dataSource.setOptions("-c default_transaction_isolation=" + level.replace(" ", "\\ "));
        return dataSource;
    }
}
