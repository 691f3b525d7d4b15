package io.dedup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.dedup.spi.Engine;
import io.dedup.spi.KeyedWork;
import io.dedup.test.Database;
import io.dedup.test.ServersExtension;
import java.sql.Connection;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** Adapters that can hold a message wait for another transaction less long than callers do. */
@ExtendWith(ServersExtension.class)
@Timeout(60)
class WaitingAtMostTest {

    private static final Duration LONG = Duration.ofSeconds(30);

    private final Orders orders;
    private final Deduplicator dedup;
    private final MessageKey busy = Orders.newKey();

    WaitingAtMostTest(Database database) {
        this.orders = Orders.in(database);
        this.dedup = Deduplicator.builder(orders.dataSource).maxWait(LONG).build();
    }

    private KeyedWork save(MessageKey key) {
        return new KeyedWork(key, null, tx -> Orders.save(tx, key));
    }

    private void assertBusySoon(Engine engine, int maxGroup) throws Exception {
        MessageKey free = Orders.newKey();
        try (Connection other = orders.dataSource.getConnection()) {
            other.setAutoCommit(false);
            dedup.claim(other, busy);
            long start = System.nanoTime();
            assertThat(engine.groups(maxGroup).attempt(List.of(save(busy), save(free))))
                    .extracting(Result::outcome)
                    .containsExactly(Outcome.BUSY, Outcome.PROCESSED);
            assertThat(TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - start))
                    .isLessThan(10);
        }
    }

    @Test
    void oneByOneAndInGroups() throws Exception {
        Engine hasty = dedup.engine().waitingAtMost(Duration.ofMillis(50));
        assertBusySoon(hasty, 1);
        assertBusySoon(hasty, 10);
        assertBusySoon(hasty.notifying(DedupListener.NONE).waitingAtMost(LONG), 1);
    }

    @Test
    void neverLongerThanTheDeduplicators() throws Exception {
        Engine engine = Deduplicator.builder(orders.dataSource)
                .maxWait(Duration.ofMillis(50))
                .build()
                .engine()
                .waitingAtMost(LONG);
        assertBusySoon(engine, 1);
        assertBusySoon(engine, 10);
    }

    /** PostgreSQL reads a lock_timeout of 0 as no bound at all. */
    @Test
    void aWaitThatIsNoneIsRefused() {
        for (Duration none : List.of(Duration.ZERO, Duration.ofNanos(999_999), Duration.ofMillis(-1))) {
            assertThatThrownBy(() -> dedup.engine().waitingAtMost(none))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("not 1 ms or more");
        }
    }
}
