package io.dedup;

import static org.assertj.core.api.Assertions.assertThat;

import com.zaxxer.hikari.HikariDataSource;
import io.dedup.test.Database;
import io.dedup.test.ServersExtension;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Trap 17: a pooler in transaction mode gives the next transaction another server session. */
@ExtendWith(ServersExtension.class)
class SessionStateTest {

    private final Database database;

    SessionStateTest(Database database) {
        this.database = database;
        Orders.in(database);
    }

    @Test
    void nothingStaysBehindInTheServersSession() throws SQLException {
        try (HikariDataSource pool = new HikariDataSource()) {
            pool.setJdbcUrl(database.jdbcUrl());
            pool.setMaximumPoolSize(1); // so that every look is at the same session
            String before = state(pool);
            Deduplicator dedup = Deduplicator.create(pool);
            MessageKey key = Orders.newKey();
            dedup.process(key, tx -> {});
            dedup.process(key, tx -> {});
            Orders.attempt(dedup, Orders.newKey(), tx -> {
                throw new IllegalStateException();
            });
            dedup.admin().purge(Duration.ofDays(7));
            assertThat(state(pool)).isEqualTo(before);
        }
    }

    private static String state(HikariDataSource pool) throws SQLException {
        try (Connection connection = pool.getConnection();
                ResultSet row = connection
                        .createStatement()
                        .executeQuery(
                                "SELECT current_setting('lock_timeout') || ', locks held: '"
                                        + " || (SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid())")) {
            row.next();
            return row.getString(1);
        }
    }
}
