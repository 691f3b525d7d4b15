package io.dedup;

import static org.assertj.core.api.Assertions.assertThat;

import io.dedup.spi.BatchItem;
import io.dedup.spi.BatchWork;
import io.dedup.spi.GroupProcessor;
import io.dedup.spi.KeyedWork;
import io.dedup.test.Database;
import io.dedup.test.ServersExtension;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** Several messages in one transaction. */
@ExtendWith(ServersExtension.class)
@Timeout(60)
class GroupsTest {

    private final Orders orders;
    private final Deduplicator dedup;
    private final GroupProcessor groups;
    private final List<Object> transactions = new ArrayList<>();

    GroupsTest(Database database) {
        this.orders = Orders.in(database);
        this.dedup = Deduplicator.create(orders.dataSource);
        this.groups = dedup.engine().groups(100);
    }

    private KeyedWork save(MessageKey key) {
        return new KeyedWork(key, null, tx -> {
            transactions.add(transactionOf(tx));
            Orders.save(tx, key);
        });
    }

    private static long transactionOf(Connection tx) throws SQLException {
        try (Statement statement = tx.createStatement();
                var row = statement.executeQuery("SELECT txid_current()")) {
            row.next();
            return row.getLong(1);
        }
    }

    private static List<MessageKey> newKeys(int count) {
        return IntStream.range(0, count).mapToObj(i -> Orders.newKey()).toList();
    }

    private List<Outcome> attempt(KeyedWork... tasks) {
        return groups.attempt(Arrays.asList(tasks)).stream()
                .map(Result::outcome)
                .toList();
    }

    @Test
    void aGroupSharesOneTransactionAndKnowsOldMessagesAndRepeats() {
        MessageKey old = Orders.newKey();
        MessageKey one = Orders.newKey();
        MessageKey two = Orders.newKey();
        attempt(save(old));
        transactions.clear();
        assertThat(attempt(save(one), save(old), save(two), save(one)))
                .containsExactly(Outcome.PROCESSED, Outcome.DUPLICATE, Outcome.PROCESSED, Outcome.DUPLICATE);
        assertThat(transactions).hasSize(2);
        assertThat(transactions.get(0)).isEqualTo(transactions.get(1));
    }

    @Test
    void aFailingMessageCostsItsNeighboursNothing() {
        List<MessageKey> keys = newKeys(20);
        List<KeyedWork> tasks = new ArrayList<>(keys.stream().map(this::save).toList());
        IllegalStateException poison = new IllegalStateException("poison");
        tasks.set(7, new KeyedWork(keys.get(7), null, tx -> {
            Orders.save(tx, keys.get(7));
            throw poison;
        }));
        List<Result> results = groups.attempt(tasks);
        for (int i = 0; i < 20; i++) {
            assertThat(results.get(i).key()).isEqualTo(keys.get(i));
            assertThat(results.get(i).outcome()).isEqualTo(i == 7 ? Outcome.FAILED : Outcome.PROCESSED);
            assertThat(orders.effectsOf(keys.get(i))).isEqualTo(i == 7 ? 0 : 1);
            assertThat(orders.keysOf(keys.get(i))).isEqualTo(i == 7 ? 0 : 1);
        }
        assertThat(results.get(7).cause()).isSameAs(poison);
        assertThat(groups.size()).as("it shrinks").isLessThan(100);
    }

    /** Trap 1, in a group: one swallowed error would silently roll back everybody's writes. */
    @Test
    void aSwallowedSqlErrorIsItsOwnMessagesFailureOnly() {
        MessageKey good = Orders.newKey();
        MessageKey bad = Orders.newKey();
        KeyedWork swallowing = new KeyedWork(bad, null, tx -> {
            try (Statement statement = tx.createStatement()) {
                statement.execute("SELECT 1/0");
            } catch (SQLException swallowed) {
                assertThat(swallowed.getSQLState()).isEqualTo("22012");
            }
        });
        assertThat(attempt(save(good), swallowing)).containsExactly(Outcome.PROCESSED, Outcome.FAILED);
        assertThat(orders.effectsOf(good)).isOne();
        assertThat(orders.keysOf(bad)).isZero();
    }

    @Test
    void aBusyMessageDoesNotHoldUpTheOthers() throws Exception {
        MessageKey busy = Orders.newKey();
        MessageKey free = Orders.newKey();
        GroupProcessor hasty = Deduplicator.builder(orders.dataSource)
                .maxWait(Duration.ofMillis(50))
                .build()
                .engine()
                .groups(10);
        try (Connection other = orders.dataSource.getConnection()) {
            other.setAutoCommit(false);
            dedup.claim(other, busy);
            assertThat(hasty.attempt(List.of(save(busy), save(free))))
                    .extracting(Result::outcome)
                    .containsExactly(Outcome.BUSY, Outcome.PROCESSED);
            other.commit();
        }
        assertThat(attempt(save(busy), save(free))).containsExactly(Outcome.DUPLICATE, Outcome.DUPLICATE);
    }

    @Test
    void aMessageWithAnotherBodyUnderAKnownIdIsNoDuplicate() {
        Fingerprint first = Fingerprint.of(new byte[] {1});
        Fingerprint second = Fingerprint.of(new byte[] {2});
        MessageKey stored = Orders.newKey();
        MessageKey repeated = Orders.newKey();
        assertThat(attempt(with(stored, first))).containsExactly(Outcome.PROCESSED);
        assertThat(attempt(
                        with(stored, second),
                        with(stored, first),
                        with(repeated, first),
                        with(repeated, second),
                        with(repeated, first)))
                .containsExactly(
                        Outcome.DIFFERENT_BODY,
                        Outcome.DUPLICATE,
                        Outcome.PROCESSED,
                        Outcome.DIFFERENT_BODY,
                        Outcome.DUPLICATE);
        assertThat(orders.effectsOf(stored) + orders.effectsOf(repeated)).isEqualTo(2);
    }

    private static KeyedWork with(MessageKey key, Fingerprint body) {
        return new KeyedWork(key, body, tx -> Orders.save(tx, key));
    }

    /** Trap 14: claims in the order of arrival would deadlock. */
    @Test
    void groupsWithTheSameKeysInOppositeOrderDoNotDeadlock() throws Exception {
        for (int round = 0; round < 20; round++) {
            List<MessageKey> keys = newKeys(300);
            List<MessageKey> reversed = new ArrayList<>(keys);
            Collections.reverse(reversed);
            GroupProcessor other = dedup.engine().groups(300);
            GroupProcessor mine = dedup.engine().groups(300);
            CompletableFuture<List<Result>> one = Orders.onItsOwnThread(() -> mine.attempt(claims(keys)));
            CompletableFuture<List<Result>> two = Orders.onItsOwnThread(() -> other.attempt(claims(reversed)));
            List<Result> results = new ArrayList<>(one.get(20, TimeUnit.SECONDS));
            results.addAll(two.get(20, TimeUnit.SECONDS));
            assertThat(results).allMatch(result -> result.outcome().isDone());
            assertThat(results.stream().filter(r -> r.outcome() == Outcome.PROCESSED))
                    .hasSize(300);
            assertThat(mine.size() + other.size()).as("neither had trouble").isEqualTo(600);
        }
    }

    /** Handlers that do nothing: the other group waits 200 ms for this one's keys, also on a busy machine. */
    private static List<KeyedWork> claims(List<MessageKey> keys) {
        return keys.stream().map(key -> new KeyedWork(key, null, tx -> {})).toList();
    }

    /** Trap 18: the cure is one by one. */
    @Test
    void groupsThatDeadlockOverRowsAreProcessedOneByOneAndShrink() throws Exception {
        orders.execute("CREATE TABLE balances (id int PRIMARY KEY, amount int NOT NULL)");
        orders.execute("INSERT INTO balances VALUES (1, 0), (2, 0)");
        CyclicBarrier bothHoldOne = new CyclicBarrier(2);
        var one = Orders.onItsOwnThread(() -> groups.attempt(updates(bothHoldOne, 1, 2)));
        var two = Orders.onItsOwnThread(() -> groups.attempt(updates(bothHoldOne, 2, 1)));
        List<Result> results = new ArrayList<>(one.get(50, TimeUnit.SECONDS));
        results.addAll(two.get(50, TimeUnit.SECONDS));
        assertThat(results).hasSize(4).allMatch(result -> result.outcome() == Outcome.PROCESSED);
        assertThat(orders.count("SELECT sum(amount) FROM balances")).isEqualTo(4);
        assertThat(groups.size()).isOne();
    }

    private static List<KeyedWork> updates(CyclicBarrier bothHoldOne, int first, int second) {
        AtomicInteger runs = new AtomicInteger();
        return List.of(
                new KeyedWork(Orders.newKey(), null, tx -> {
                    update(tx, first);
                    if (runs.getAndIncrement() == 0) {
                        bothHoldOne.await(10, TimeUnit.SECONDS);
                    }
                }),
                new KeyedWork(Orders.newKey(), null, tx -> update(tx, second)));
    }

    private static void update(Connection tx, int row) throws SQLException {
        try (Statement statement = tx.createStatement()) {
            statement.execute("UPDATE balances SET amount = amount + 1 WHERE id = " + row);
        }
    }

    @Test
    void theBoundOnAGroupsLocksDoesNotOutliveItNorLoosenTheSessions() {
        List<String> seen = new ArrayList<>();
        MessageKey key = Orders.newKey();
        KeyedWork look = new KeyedWork(key, null, tx -> seen.add(lockTimeout(tx)));
        groups.attempt(List.of(look, new KeyedWork(Orders.newKey(), null, tx -> seen.add(lockTimeout(tx)))));
        groups.attempt(List.of(new KeyedWork(Orders.newKey(), null, tx -> seen.add(lockTimeout(tx)))));
        assertThat(seen).containsExactly("200ms", "200ms", "0");
    }

    private static String lockTimeout(Connection tx) throws SQLException {
        try (Statement statement = tx.createStatement();
                var row = statement.executeQuery("SHOW lock_timeout")) {
            row.next();
            return row.getString(1);
        }
    }

    @Test
    void aBatchHandlerIsHandedTheNewOnesOnlyAndNothingIfThereAreNone() {
        List<MessageKey> keys = newKeys(5);
        attempt(save(keys.get(1)));
        List<List<MessageKey>> handed = new ArrayList<>();
        List<BatchItem<MessageKey>> messages =
                keys.stream().map(key -> new BatchItem<>(key, null, key)).toList();
        BatchWork<MessageKey> work = (tx, fresh) -> {
            handed.add(fresh);
            for (MessageKey key : fresh) {
                Orders.save(tx, key);
            }
        };
        assertThat(groups.attempt(messages, work)).extracting(Result::outcome).containsOnlyOnce(Outcome.DUPLICATE);
        assertThat(handed).containsExactly(List.of(keys.get(0), keys.get(2), keys.get(3), keys.get(4)));
        assertThat(groups.attempt(messages, work)).extracting(Result::outcome).containsOnly(Outcome.DUPLICATE);
        assertThat(handed).hasSize(1);
        keys.forEach(key -> assertThat(orders.effectsOf(key)).isOne());
    }

    @Test
    void aBatchThatFailsIsTriedOneByOne() {
        List<MessageKey> keys = newKeys(4);
        List<Result> results = groups.attempt(
                keys.stream().map(key -> new BatchItem<>(key, null, key)).toList(), (tx, fresh) -> {
                    for (MessageKey key : fresh) {
                        Orders.save(tx, key);
                    }
                    if (fresh.contains(keys.get(2))) {
                        throw new SQLException("no");
                    }
                });
        assertThat(results)
                .extracting(Result::outcome)
                .containsExactly(Outcome.PROCESSED, Outcome.PROCESSED, Outcome.FAILED, Outcome.PROCESSED);
        assertThat(keys).extracting(orders::effectsOf).containsExactly(1L, 1L, 0L, 1L);
    }
}
