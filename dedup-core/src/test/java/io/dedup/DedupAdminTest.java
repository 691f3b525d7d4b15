package io.dedup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.dedup.test.Database;
import io.dedup.test.ServersExtension;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(ServersExtension.class)
@Timeout(60)
class DedupAdminTest {

    private final Orders orders;
    private final Deduplicator dedup;
    private final DedupAdmin admin;

    DedupAdminTest(Database database) {
        this.orders = Orders.in(database);
        this.dedup = Deduplicator.builder(orders.dataSource)
                .maxWait(Duration.ofMillis(300))
                .build();
        this.admin = dedup.admin();
    }

    @Test
    void itKnowsWhenAMessageWasProcessed() {
        MessageKey key = Orders.newKey();
        assertThat(admin.processedAt(key)).isEmpty();
        dedup.process(key, tx -> {});
        // The server's clock is this machine's, or one that is kept as well.
        assertThat(admin.processedAt(key).orElseThrow()).isCloseTo(Instant.now(), within(30, ChronoUnit.SECONDS));
    }

    @Test
    void aMessageThatIsForgottenIsProcessedAgain() throws SQLException {
        MessageKey key = Orders.newKey();
        dedup.process(key, tx -> Orders.save(tx, key));
        assertThat(admin.forget(key)).isTrue();
        assertThat(admin.forget(key)).isFalse();
        assertThat(dedup.process(key, tx -> Orders.save(tx, key))).isEqualTo(Outcome.PROCESSED);
        assertThat(orders.effectsOf(key)).isEqualTo(2);
    }

    @Test
    void whatIsInWorkStaysAndARowThatIsHeldIsNotWaitedForLongerThanTheBound() throws SQLException {
        MessageKey key = Orders.newKey();
        try (Connection other = orders.dataSource.getConnection()) {
            other.setAutoCommit(false);
            dedup.claim(other, key);
            assertThat(admin.forget(key)).isFalse();
            other.commit();
            assertThat(admin.processedAt(key)).isPresent();

            other.createStatement()
                    .execute("SELECT FROM processed_message WHERE message_id = '" + key.messageId() + "' FOR UPDATE");
            assertThatThrownBy(() -> admin.forget(key))
                    .isInstanceOfSatisfying(
                            DedupException.class, e -> assertThat(e.outcome()).isEqualTo(Outcome.BUSY));
            other.rollback();
        }
        assertThat(admin.forget(key)).isTrue();
    }

    @Test
    void itTellsOfFailuresUntilTheMessageSucceeds() {
        MessageKey key = new MessageKey("failing", "a");
        MessageKey later = new MessageKey("failing", "b");
        dedup.engine().recordFailure(key, new IllegalStateException("out of paper"));
        dedup.engine().recordFailure(key, new IllegalStateException("out of ink"));
        dedup.engine().recordFailure(later, new IllegalStateException("on fire"));

        FailingMessage failing = admin.failuresOf(key).orElseThrow();
        assertThat(failing.attempts().count()).isEqualTo(2);
        assertThat(failing.lastError()).isEqualTo("java.lang.IllegalStateException: out of ink");
        assertThat(admin.failing("failing", 10)).extracting(FailingMessage::key).containsExactly(later, key);
        assertThat(admin.failing("failing", 1)).extracting(FailingMessage::key).containsExactly(later);
        assertThat(admin.failing()).containsEntry("failing", 2L);

        dedup.process(key, tx -> {});
        assertThat(admin.failuresOf(key)).isEmpty();
        assertThat(admin.forget(later)).as("the count goes too").isTrue();
        assertThat(admin.failing()).doesNotContainKey("failing");
    }

    @Test
    void theSizeIsThereBeforeTheTableWasEverAnalyzedAndAfter() {
        orders.execute("INSERT INTO processed_message SELECT 'many', n FROM generate_series(1, 5000) AS n");
        orders.execute("ANALYZE processed_message");
        TableSize size = admin.size();
        assertThat(size.rows()).isBetween(5000L, 5100L);
        assertThat(size.bytes()).isGreaterThan(100_000);

        orders.execute("CREATE SCHEMA fresh");
        Deduplicator fresh =
                Deduplicator.builder(orders.dataSource).schema("fresh").build();
        fresh.admin().migrate();
        assertThat(fresh.admin().size().rows()).isZero();
    }
}
