package io.dedup;

import static org.assertj.core.api.Assertions.assertThat;

import io.dedup.test.Database;
import io.dedup.test.ServersExtension;
import java.sql.Statement;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(ServersExtension.class)
@Timeout(30)
class TimeLimitTest {

    private final Orders orders;
    private final Deduplicator dedup;
    private final MessageKey key = Orders.newKey();

    TimeLimitTest(Database database) {
        this.orders = Orders.in(database);
        this.dedup = Deduplicator.builder(orders.dataSource)
                .timeLimit(Duration.ofMillis(200))
                .build();
    }

    @Test
    void aStatementThatTakesTooLongIsCancelled() {
        assertStopped(Orders.attempt(dedup, key, tx -> {
            Orders.save(tx, key);
            try (Statement slow = tx.createStatement()) {
                slow.execute("SELECT pg_sleep(20)");
            }
        }));
    }

    @Test
    void aThreadThatWaitsTooLongIsInterrupted() {
        assertStopped(Orders.attempt(dedup, key, tx -> {
            Orders.save(tx, key);
            Thread.sleep(20_000);
        }));
    }

    @Test
    void whatFinishesInSpiteOfTheAlarmIsFinished() {
        Result result = Orders.attempt(dedup, key, tx -> {
            long end = System.nanoTime() + Duration.ofMillis(400).toNanos();
            while (System.nanoTime() < end) {
                Thread.onSpinWait();
            }
            Orders.save(tx, key);
        });
        assertThat(result.outcome()).isEqualTo(Outcome.PROCESSED);
        assertThat(Thread.currentThread().isInterrupted()).isFalse();
        assertThat(orders.effectsOf(key)).isOne();
    }

    @Test
    void whatIsInTimeIsLeftAlone() throws InterruptedException {
        assertThat(Orders.attempt(dedup, key, tx -> Orders.save(tx, key)).outcome())
                .isEqualTo(Outcome.PROCESSED);
        Thread.sleep(300);
        assertThat(Thread.currentThread().isInterrupted()).isFalse();
    }

    private void assertStopped(Result result) {
        assertThat(result.outcome()).isEqualTo(Outcome.FAILED);
        assertThat(result.cause()).hasMessageContaining("stopped at its time limit");
        assertThat(Thread.currentThread().isInterrupted()).isFalse();
        assertThat(orders.effectsOf(key) + orders.keysOf(key)).isZero();
    }
}
