package io.dedup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.zaxxer.hikari.HikariDataSource;
import io.dedup.test.Database;
import io.dedup.test.ServersExtension;
import io.dedup.test.TcpProxy;
import io.dedup.test.Trap;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** Traps 2 and 3: a second transaction meets a key that a first one holds uncommitted. */
@ExtendWith(ServersExtension.class)
@Timeout(60)
class ClaimRaceTest {

    /** Its length and its code, 80877102. */
    private static final byte[] CANCEL_REQUEST = {0, 0, 0, 16, 4, (byte) 0xd2, 22, 46};

    private final Database database;
    private final Orders orders;
    private final MessageKey key = Orders.newKey();
    private Connection first;

    ClaimRaceTest(Database database) {
        this.database = database;
        this.orders = Orders.in(database);
    }

    @BeforeEach
    void theFirstHoldsTheKey() throws SQLException {
        first = orders.dataSource.getConnection();
        first.setAutoCommit(false);
        assertThat(Deduplicator.create(orders.dataSource).claim(first, key)).isTrue();
        Orders.save(first, key);
    }

    @AfterEach
    void theFirstIsGone() throws SQLException {
        first.close();
    }

    @Test
    void theFirstCommitsSoTheSecondIsADuplicate() throws Exception {
        CompletableFuture<Outcome> second = secondWaits(Duration.ofSeconds(30));
        first.commit();
        assertThat(second.get(10, TimeUnit.SECONDS)).isEqualTo(Outcome.DUPLICATE);
        assertThat(orders.effectsOf(key)).isOne();
    }

    @Test
    void theFirstRollsBackSoTheSecondProcesses() throws Exception {
        CompletableFuture<Outcome> second = secondWaits(Duration.ofSeconds(30));
        first.rollback();
        assertThat(second.get(10, TimeUnit.SECONDS)).isEqualTo(Outcome.PROCESSED);
        assertThat(orders.effectsOf(key)).isOne();
    }

    @Test
    void theFirstHangsPastTheBoundSoTheSecondIsBusy() throws Exception {
        CompletableFuture<Outcome> second = secondWaits(Duration.ofMillis(300));
        assertThat(second.get(10, TimeUnit.SECONDS)).isEqualTo(Outcome.BUSY);
        first.commit();
        assertThat(orders.effectsOf(key)).isOne();
    }

    @Test
    void theFirstsBackendIsKilledSoTheSecondProcesses() throws Exception {
        long backend = pidOf(first);
        CompletableFuture<Outcome> second = secondWaits(Duration.ofSeconds(30));
        orders.execute("SELECT pg_terminate_backend(" + backend + ")");
        assertThat(second.get(10, TimeUnit.SECONDS)).isEqualTo(Outcome.PROCESSED);
        assertThat(orders.effectsOf(key)).isOne();
    }

    @Test
    void theBoundEndsWithTheClaimAndDoesNotCutTheHandlersOwnStatements() throws Exception {
        Deduplicator dedup = withBound(Duration.ofMillis(200));
        orders.execute("ALTER ROLE CURRENT_USER SET lock_timeout = '77s'");
        try {
            dedup.process(Orders.newKey(), tx -> assertThat(lockTimeout(tx)).isEqualTo("77s"));
            try (Connection joined = orders.dataSource.getConnection()) {
                joined.setAutoCommit(false);
                dedup.claim(joined, Orders.newKey());
                assertThat(lockTimeout(joined)).isEqualTo("77s");
                dedup.claimAll(joined, List.of(Orders.newKey()));
                assertThat(lockTimeout(joined)).isEqualTo("77s");
                MessageKey old = Orders.newKey();
                dedup.claim(joined, old);
                dedup.claim(joined, old);
                assertThat(lockTimeout(joined)).as("after a duplicate").isEqualTo("77s");
            }
        } finally {
            orders.execute("ALTER ROLE CURRENT_USER RESET lock_timeout");
        }
    }

    @Test
    void theCancelThatEndsAClaimNeverHitsWhatFollowsOnItsConnection() throws Exception {
        Deduplicator dedup =
                withBound(Duration.ofMillis(1)); // so that many claims end at the same moment as their bound
        Map<Outcome, Integer> outcomes = new EnumMap<>(Outcome.class);
        for (int i = 0; i < 1_000; i++) {
            MessageKey each = Orders.newKey();
            outcomes.merge(
                    Orders.attempt(dedup, each, tx -> Orders.save(tx, each)).outcome(), 1, Integer::sum);
        }
        assertThat(outcomes.keySet()).isSubsetOf(Outcome.PROCESSED, Outcome.BUSY);
        assertThat(outcomes).containsKey(Outcome.PROCESSED);
    }

    @Test
    void aCancelThatCannotReachTheServerIsTriedAgain() throws Exception {
        try (TcpProxy proxy = TcpProxy.to(database.host(), database.port());
                HikariDataSource pool = new HikariDataSource()) {
            pool.setJdbcUrl(database.through(proxy).jdbcUrl());
            pool.setMaximumPoolSize(1);
            pool.getConnection().close();
            Deduplicator dedup =
                    Deduplicator.builder(pool).maxWait(Duration.ofMillis(100)).build();
            Trap first = proxy.onClientSending(CANCEL_REQUEST).cutBefore();
            var second = Orders.onItsOwnThread(() -> dedup.process(key, tx -> {}));
            assertThat(second.get(10, TimeUnit.SECONDS)).isEqualTo(Outcome.BUSY);
            assertThat(first.sprung()).isTrue();
        }
    }

    @Test
    void theBoundHoldsForTheCountOfFailuresToo() throws Exception {
        MessageKey failed = Orders.newKey();
        Deduplicator dedup = withBound(Duration.ofMillis(200));
        dedup.engine().recordFailure(failed, new IllegalStateException());
        try (Connection other = orders.dataSource.getConnection();
                Statement lock = other.createStatement()) {
            other.setAutoCommit(false);
            lock.execute(
                    "SELECT FROM processed_message_attempt WHERE message_id = '" + failed.messageId() + "' FOR UPDATE");
            assertThatThrownBy(() -> dedup.engine().recordFailure(failed, new IllegalStateException()))
                    .extracting(e -> ((DedupException) e).outcome())
                    .isEqualTo(Outcome.BUSY);
            assertThat(dedup.admin().purge(Duration.ofDays(7))).isZero();
        }
        assertThat(dedup.process(failed, tx -> {})).isEqualTo(Outcome.PROCESSED);
    }

    @Test
    void twoGroupsThatClaimTheSameKeysInOppositeOrderDoNotDeadlock() throws Exception {
        Deduplicator dedup = Deduplicator.create(orders.dataSource);
        List<MessageKey> keys = Stream.generate(Orders::newKey).limit(500).toList();
        List<MessageKey> reversed = new ArrayList<>(keys);
        Collections.reverse(reversed);
        for (int round = 0; round < 5; round++) {
            orders.execute("DELETE FROM processed_message WHERE message_id <> '" + key.messageId() + "'");
            CountDownLatch start = new CountDownLatch(1);
            var one = Orders.onItsOwnThread(() -> claimAll(dedup, start, keys));
            var two = Orders.onItsOwnThread(() -> claimAll(dedup, start, reversed));
            start.countDown();
            assertThat(one.get() + two.get()).isEqualTo(keys.size());
        }
    }

    private int claimAll(Deduplicator dedup, CountDownLatch start, List<MessageKey> keys) {
        try (Connection tx = orders.dataSource.getConnection()) {
            tx.setAutoCommit(false);
            start.await();
            int fresh = dedup.claimAll(tx, keys).size();
            tx.commit();
            return fresh;
        } catch (SQLException | InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Returns once the second stands in the server's queue of waiters. */
    private CompletableFuture<Outcome> secondWaits(Duration bound) throws SQLException {
        long holder = pidOf(first);
        Deduplicator dedup = withBound(bound);
        var second = Orders.onItsOwnThread(() -> {
            try {
                return dedup.process(key, tx -> Orders.save(tx, key));
            } catch (SQLException e) {
                throw new IllegalStateException(e);
            }
        });
        await().pollInterval(Duration.ofMillis(10)).until(() -> waitersFor(holder) == 1);
        return second;
    }

    private long waitersFor(long holder) {
        return orders.count("SELECT count(*) FROM pg_stat_activity WHERE " + holder + " = ANY (pg_blocking_pids(pid))");
    }

    private Deduplicator withBound(Duration bound) {
        return Deduplicator.builder(orders.dataSource).maxWait(bound).build();
    }

    private static long pidOf(Connection connection) throws SQLException {
        return Long.parseLong(read(connection, "SELECT pg_backend_pid()"));
    }

    private static String lockTimeout(Connection connection) throws SQLException {
        return read(connection, "SHOW lock_timeout");
    }

    private static String read(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            row.next();
            return row.getString(1);
        }
    }
}
