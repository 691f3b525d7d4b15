package io.dedup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.zaxxer.hikari.HikariDataSource;
import io.dedup.test.Database;
import io.dedup.test.ServersExtension;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Trap 19, and how the library leaves a pool's connections. */
@ExtendWith(ServersExtension.class)
class PoolSizeTest {

    private final Database database;
    private final Orders orders;

    PoolSizeTest(Database database) {
        this.database = database;
        this.orders = Orders.in(database);
    }

    @Test
    void aPoolSmallerThanTheConcurrencyIsRefused() {
        try (HikariDataSource pool = pool(2)) {
            Deduplicator dedup = Deduplicator.create(pool);
            assertThatCode(() -> dedup.engine().verifyPool(2)).doesNotThrowAnyException();
            assertThatThrownBy(() -> dedup.engine().verifyPool(3))
                    .isInstanceOf(DedupException.class)
                    .hasMessageContaining("set maximumPoolSize to at least 3");
        }
        assertThatCode(() -> Deduplicator.create(orders.dataSource).engine().verifyPool(1000))
                .as("no pool that it knows")
                .doesNotThrowAnyException();
    }

    @Test
    void aConnectionGoesBackToThePoolAsItCame() throws SQLException {
        try (HikariDataSource pool = pool(1)) {
            Deduplicator dedup = Deduplicator.create(pool);
            MessageKey key = Orders.newKey();
            dedup.process(key, tx -> Orders.save(tx, key));
            Orders.attempt(dedup, Orders.newKey(), tx -> {
                throw new IllegalStateException();
            });
            try (Connection same = pool.getConnection()) {
                assertThat(same.getAutoCommit()).isTrue();
            }
            assertThat(orders.effectsOf(key)).isOne();
        }
    }

    @Test
    void aConnectionWhoseRollbackFailedIsThrownAway() throws SQLException {
        try (HikariDataSource pool = pool(1)) {
            Deduplicator dedup = Deduplicator.create(pool);
            AtomicBoolean first = new AtomicBoolean(true);
            Work<SQLException> breaksOnce = tx -> {
                if (first.getAndSet(false)) {
                    tx.createStatement().execute("SELECT pg_terminate_backend(pg_backend_pid())");
                }
            };
            assertThat(Orders.attempt(dedup, Orders.newKey(), breaksOnce).outcome())
                    .isEqualTo(Outcome.UNAVAILABLE);
            assertThat(dedup.process(Orders.newKey(), breaksOnce)).isEqualTo(Outcome.PROCESSED);
        }
    }

    private HikariDataSource pool(int size) {
        HikariDataSource pool = new HikariDataSource();
        pool.setJdbcUrl(database.jdbcUrl());
        pool.setMaximumPoolSize(size);
        return pool;
    }
}
