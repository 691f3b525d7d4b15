package io.dedup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.dedup.test.Database;
import io.dedup.test.ServersExtension;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** Trap 16: what is forgotten is processed again, so only what is old may go, bit by bit, by one node at a time. */
@ExtendWith(ServersExtension.class)
@Timeout(60)
class PurgeTest {

    private static final Duration WEEK = Duration.ofDays(7);

    private final Orders orders;
    private final List<Long> purged = new CopyOnWriteArrayList<>();
    private final Deduplicator dedup;

    PurgeTest(Database database) {
        this.orders = Orders.in(database);
        this.dedup = Deduplicator.builder(orders.dataSource)
                .listener(new DedupListener() {
                    @Override
                    public void onPurged(long rows) {
                        purged.add(rows);
                    }
                })
                .build();
    }

    @BeforeEach
    void threeThousandOldKeysAndAHundredYoungOnes() {
        orders.execute("TRUNCATE processed_message");
        orders.execute("INSERT INTO processed_message SELECT 'old', n, now() - interval '8 days'"
                + " FROM generate_series(1, 3000) AS n");
        orders.execute("INSERT INTO processed_message SELECT 'young', n, now() - interval '6 days'"
                + " FROM generate_series(1, 100) AS n");
    }

    @Test
    void onlyKeysOlderThanTheRetentionGo() {
        assertThat(dedup.admin().purge(WEEK)).isEqualTo(3000);
        assertThat(orders.count("SELECT count(*) FROM processed_message WHERE consumer = 'young'"))
                .isEqualTo(100);
        assertThat(purged).containsExactly(3000L);
        MessageKey forgotten = new MessageKey("old", "1");
        assertThat(dedup.process(forgotten, tx -> {})).isEqualTo(Outcome.PROCESSED);
    }

    @Test
    void failuresOfMessagesThatWereProcessedSinceAreSweptAwayAndOthersStay() {
        MessageKey succeeded = Orders.newKey();
        MessageKey failing = Orders.newKey();
        dedup.engine().recordFailure(succeeded, new IllegalStateException());
        dedup.engine().recordFailure(failing, new IllegalStateException());
        assertThat(Orders.attempt(dedup, succeeded, tx -> {}).outcome()).isEqualTo(Outcome.PROCESSED);
        dedup.admin().purge(WEEK);
        assertThat(dedup.engine()
                        .recordFailure(failing, new IllegalStateException())
                        .count())
                .isEqualTo(2);
        assertThat(orders.count("SELECT count(*) FROM processed_message_attempt WHERE message_id = '"
                        + succeeded.messageId() + "'"))
                .isZero();
    }

    @Test
    void rowsThatAreLockedAreSkippedAndNotWaitedFor() throws SQLException {
        try (Connection other = orders.dataSource.getConnection();
                Statement lock = other.createStatement()) {
            other.setAutoCommit(false);
            lock.execute("SELECT FROM processed_message WHERE consumer = 'old' AND message_id = '7' FOR UPDATE");
            assertThat(dedup.admin().purge(WEEK)).isEqualTo(2999);
        }
    }

    @Test
    void onlyOneNodePurgesAtATime() throws SQLException {
        ProcessedMessages messages =
                new ProcessedMessages(new TableName(null, "processed_message"), Duration.ofSeconds(1));
        try (Connection other = orders.dataSource.getConnection()) {
            other.setAutoCommit(false);
            assertThat(messages.lockForPurge(other)).isTrue();
            assertThat(dedup.admin().purge(WEEK)).isZero();
        }
        await().until(() -> dedup.admin().purge(WEEK) == 3000);
    }

    @Test
    void chunksAreTransactionsOfTheirOwn() {
        orders.execute("CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS"
                + " $$ BEGIN IF OLD.message_id = '2500' THEN RAISE 'not this one'; END IF; RETURN OLD; END $$");
        orders.execute(
                "CREATE TRIGGER refuse BEFORE DELETE ON processed_message FOR EACH ROW EXECUTE FUNCTION refuse()");
        orders.execute(
                "UPDATE processed_message SET processed_at = now() - interval '9 days' * (3000 - message_id::int)"
                        + " WHERE consumer = 'old'");
        orders.execute("UPDATE processed_message SET processed_at = now() - interval '8 days'"
                + " WHERE consumer = 'old' AND message_id::int > 2000");
        try {
            assertThatThrownBy(() -> dedup.admin().purge(WEEK)).isInstanceOf(DedupException.class);
            assertThat(orders.count("SELECT count(*) FROM processed_message WHERE consumer = 'old'"))
                    .isEqualTo(1000);
        } finally {
            orders.execute("DROP TRIGGER refuse ON processed_message");
            orders.execute("DROP FUNCTION refuse");
        }
    }

    @Test
    void theSchedulePurgesUntilItIsClosed() {
        try (PurgeSchedule schedule = dedup.admin().schedulePurge(WEEK, Duration.ofMillis(50))) {
            await().until(() -> purged.contains(3000L));
            assertThat(schedule).isNotNull();
        }
        int before = purged.size();
        await().during(Duration.ofMillis(300)).until(() -> purged.size() <= before + 1);
    }

    @Test
    void aRetentionThatIsNoneIsRefused() {
        assertThatThrownBy(() -> dedup.admin().purge(Duration.ZERO)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> dedup.admin().schedulePurge(Duration.ofDays(-1), WEEK))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> dedup.admin().schedulePurge(WEEK, Duration.ZERO))
                .isInstanceOf(IllegalArgumentException.class);
    }
}
