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
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.postgresql.core.BaseConnection;

/** What a message's handler does to the transaction is not to reach the next message's of the group. */
@ExtendWith(ServersExtension.class)
@Timeout(60)
class GroupNeighboursTest {

    private final Orders orders;
    private final Deduplicator dedup;
    private final GroupProcessor groups;
    private final List<MessageKey> keys = List.of(Orders.newKey(), Orders.newKey(), Orders.newKey());

    GroupNeighboursTest(Database database) {
        this.orders = Orders.in(database);
        this.dedup = Deduplicator.create(orders.dataSource);
        this.groups = dedup.engine().groups(10);
    }

    private static void execute(Connection tx, String sql) throws SQLException {
        try (Statement statement = tx.createStatement()) {
            statement.execute(sql);
        }
    }

    /** The first does something special, the second fails the first time, the third is what a fault would lose. */
    private List<KeyedWork> trio(Work<Exception> first) {
        return trio(first, true);
    }

    private List<KeyedWork> trio(Work<Exception> first, boolean secondFails) {
        AtomicInteger runs = new AtomicInteger(secondFails ? 0 : 1);
        return List.of(
                new KeyedWork(keys.get(0), null, tx -> {
                    Orders.save(tx, keys.get(0));
                    first.run(tx);
                }),
                new KeyedWork(keys.get(1), null, tx -> {
                    Orders.save(tx, keys.get(1));
                    if (runs.getAndIncrement() == 0) {
                        throw new IllegalStateException("not yet");
                    }
                }),
                new KeyedWork(keys.get(2), null, tx -> Orders.save(tx, keys.get(2))));
    }

    private void untilAllAreDone(List<KeyedWork> tasks) {
        for (int i = 0; i < 2; i++) {
            groups.attempt(tasks);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"COMMIT", "/* all */ end -- here", "ROLLBACK", "UPDATE orders SET effects = 1; commit"})
    void aHandlerCannotEndTheGroupsTransactionBySql(String sql) {
        // After a commit a neighbour's failure does the harm, after a rollback its success.
        untilAllAreDone(trio(tx -> execute(tx, sql), !sql.equals("ROLLBACK")));
        assertThat(keys).extracting(orders::effectsOf).containsExactly(0L, 1L, 1L);
        assertThat(keys).extracting(orders::keysOf).containsExactly(0L, 1L, 1L);
    }

    /** The second net, for what no guard sees: the keys of those whose handlers have not run are committed by then. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void whoEndsItBehindTheGuardsBackLosesNobodysMessage(boolean throwsToo) {
        AtomicInteger runs = new AtomicInteger();
        untilAllAreDone(trio(tx -> {
            if (runs.getAndIncrement() == 0) {
                execute((Connection) tx.unwrap(BaseConnection.class), "COMMIT");
                if (throwsToo) {
                    throw new IllegalStateException("and fails");
                }
            }
        }));
        assertThat(keys).extracting(orders::effectsOf).containsExactly(1L, 1L, 1L);
        assertThat(keys).extracting(orders::keysOf).containsExactly(1L, 1L, 1L);
    }

    /** Between a handler's ROLLBACK and the release, another consumer may have processed a neighbour. */
    @Test
    void onlyKeysOfTheEndedTransactionAreReleased() {
        untilAllAreDone(trio(tx -> {
            execute((Connection) tx.unwrap(BaseConnection.class), "ROLLBACK");
            Orders.attempt(dedup, keys.get(2), other -> Orders.save(other, keys.get(2)));
        }));
        assertThat(keys).extracting(orders::effectsOf).containsExactly(0L, 1L, 1L);
        assertThat(keys).extracting(orders::keysOf).containsExactly(0L, 1L, 1L);
    }

    @Test
    void anAbortedTransactionFailsTheGroupBeforeTheOthersRun() {
        AtomicInteger others = new AtomicInteger();
        KeyedWork swallowing = new KeyedWork(keys.get(0), null, tx -> {
            try {
                execute(tx, "SELECT 1/0");
            } catch (SQLException swallowed) {
                assertThat(swallowed.getSQLState()).isEqualTo("22012");
            }
        });
        KeyedWork other = new KeyedWork(keys.get(1), null, tx -> others.incrementAndGet());
        assertThat(groups.attempt(List.of(swallowing, other)))
                .extracting(Result::outcome)
                .containsExactly(Outcome.FAILED, Outcome.PROCESSED);
        assertThat(others).hasValue(1);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "SET LOCAL application_name = 'first'",
                "SELECT 1; set application_name to 'first'",
                "SELECT pg_catalog.Set_Config('application_name', 'first', true)",
                "DO $$ BEGIN PERFORM set_config('application_name', 'first', true); END $$"
            })
    void settingsOfOneMessagesHandlerDoNotHoldForTheNextOnes(String sql) {
        List<String> names = new ArrayList<>();
        KeyedWork changing = new KeyedWork(keys.get(0), null, tx -> execute(tx, sql));
        KeyedWork next = new KeyedWork(keys.get(1), null, tx -> names.add(applicationName(tx)));
        assertThat(groups.attempt(List.of(changing, next)))
                .extracting(Result::outcome)
                .containsOnly(Outcome.PROCESSED);
        assertThat(names).last().isNotEqualTo("first");
        for (int i = 0; i < 10; i++) {
            groups.attempt(List.of(new KeyedWork(Orders.newKey(), null, tx -> {})));
        }
        assertThat(groups.size()).as("it stays one by one").isOne();
    }

    private static String applicationName(Connection tx) throws SQLException {
        try (Statement statement = tx.createStatement();
                var row = statement.executeQuery("SHOW application_name")) {
            row.next();
            return row.getString(1);
        }
    }

    @Test
    void settingsThatConcernNobodyElseAreNoTrouble() {
        BatchWork<MessageKey> batch = (tx, fresh) -> {
            execute(tx, "SET LOCAL application_name = 'batch'");
            for (MessageKey key : fresh) {
                Orders.save(tx, key);
            }
        };
        groups.attempt(keys.stream().map(key -> new BatchItem<>(key, null, key)).toList(), batch);
        groups.attempt(trio(tx -> execute(tx, "SET CONSTRAINTS ALL DEFERRED")).subList(0, 1));
        KeyedWork nested = new KeyedWork(Orders.newKey(), null, tx -> dedup.claim(tx, Orders.newKey()));
        groups.attempt(List.of(nested, new KeyedWork(Orders.newKey(), null, tx -> {})));
        assertThat(groups.size()).isEqualTo(10);
    }
}
