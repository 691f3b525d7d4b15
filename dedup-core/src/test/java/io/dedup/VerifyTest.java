package io.dedup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.zaxxer.hikari.HikariDataSource;
import io.dedup.test.Database;
import io.dedup.test.PostgresServer;
import io.dedup.test.ServersExtension;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.SQLException;
import javax.sql.DataSource;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Bad input at start: a clear error that says what to do next. */
@ExtendWith(ServersExtension.class)
class VerifyTest {

    private final Database database;
    private final Orders orders;

    VerifyTest(PostgresServer server) {
        this.database = server.createDatabase();
        this.orders = Orders.in(database);
    }

    @BeforeEach
    void theTableAsMigrated() {
        Deduplicator.create(orders.dataSource).admin().verify();
    }

    @Test
    void aMissingTableNamesTheMigration() {
        orders.execute("DROP TABLE processed_message");
        refused(orders.dataSource, "is missing; call DedupAdmin.migrate() or apply db/migration/postgresql/V1__");
        Result result = Orders.attempt(Deduplicator.create(orders.dataSource), Orders.newKey(), tx -> {});
        assertThat(result.outcome()).isEqualTo(Outcome.UNAVAILABLE);
        assertThat(result.cause()).hasMessageContaining("call DedupAdmin.migrate()");
    }

    @Test
    void aMissingColumnNamesTheMigration() {
        orders.execute("ALTER TABLE processed_message DROP COLUMN fingerprint");
        refused(orders.dataSource, "compare with db/migration/postgresql/V1__");
    }

    @Test
    void whatRepliesAndFailuresNeedIsMissedByName() {
        orders.execute("ALTER TABLE processed_message DROP COLUMN reply");
        refused(orders.dataSource, "the columns for replies are missing");
        refused(orders.dataSource, "compare with db/migration/postgresql/V1__");
        orders.execute("DROP TABLE processed_message_attempt");
        refused(orders.dataSource, "\"processed_message_attempt\" is missing");
        refused(orders.dataSource, "call DedupAdmin.migrate() or apply db/migration/postgresql/V1__");
    }

    @Test
    void aMissingUniqueConstraintIsRefused() {
        orders.execute("ALTER TABLE processed_message DROP CONSTRAINT processed_message_pkey");
        refused(orders.dataSource, "no unique index on exactly (consumer, message_id)");
        orders.execute("ALTER TABLE processed_message ADD PRIMARY KEY (consumer, message_id, processed_at)");
        refused(orders.dataSource, "no unique index on exactly (consumer, message_id)");
    }

    /** Trap 15: the unique key of such a table must hold the time, and lets the same ID in twice. */
    @Test
    void aTablePartitionedByTimeIsRefused() {
        orders.execute("DROP TABLE processed_message");
        orders.execute("CREATE TABLE processed_message (consumer text COLLATE \"C\", message_id text COLLATE \"C\","
                + " processed_at timestamptz, fingerprint bytea, reply bytea, reply_type text, PRIMARY KEY (consumer, message_id, processed_at))"
                + " PARTITION BY RANGE (processed_at)");
        refused(orders.dataSource, "do not partition the table by time");
    }

    @Test
    void anotherCollationIsRefused() {
        orders.execute("ALTER TABLE processed_message ALTER COLUMN message_id TYPE text COLLATE \"default\"");
        refused(orders.dataSource, "COLLATE \"C\"");
    }

    @Test
    void aUserWithoutRightsIsRefused() {
        String user = "reader_" + database.name();
        orders.execute("CREATE ROLE \"" + user + "\" LOGIN PASSWORD 'secret'");
        orders.execute("GRANT SELECT ON processed_message TO \"" + user + "\"");
        Database reader = new Database(database.host(), database.port(), database.name(), user, "secret");
        try {
            refused(reader.dataSource(), "GRANT SELECT, INSERT, UPDATE, DELETE ON");
        } finally {
            orders.execute("DROP OWNED BY \"" + user + "\"; DROP ROLE \"" + user + "\"");
        }
    }

    @Test
    void wrongCredentialsAreRefusedInTheDriversWords() {
        Database wrong = new Database(database.host(), database.port(), database.name(), "nobody_here", "wrong");
        refused(wrong.dataSource(), "check the DataSource's URL, user and password");
    }

    @Test
    void aReadOnlyPoolIsRefused() {
        try (HikariDataSource pool = new HikariDataSource()) {
            pool.setJdbcUrl(database.jdbcUrl());
            pool.setReadOnly(true);
            refused(pool, "read-only");
            Result result = Orders.attempt(Deduplicator.create(pool), Orders.newKey(), tx -> {});
            assertThat(result.outcome()).isEqualTo(Outcome.UNAVAILABLE);
            assertThat(result.cause()).hasMessageContaining("in HikariCP: readOnly=false");
        }
    }

    @Test
    void aServerThatTakesNoWritesIsRefused() {
        orders.execute("ALTER DATABASE \"" + database.name() + "\" SET default_transaction_read_only = on");
        refused(orders.dataSource, "accepts no writes");
        Result result = Orders.attempt(Deduplicator.create(orders.dataSource), Orders.newKey(), tx -> {});
        assertThat(result.outcome()).isEqualTo(Outcome.UNAVAILABLE);
    }

    @Test
    void aDatabaseThatCannotHoldEveryIdIsRefused() {
        orders.execute("CREATE DATABASE latin_" + database.name() + " ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0");
        Database latin = new Database(
                database.host(),
                database.port(),
                "latin_" + database.name(),
                database.user(),
                database.password(),
                database.parameters());
        try {
            refused(latin.dataSource(), "create it with ENCODING 'UTF8'");
        } finally {
            orders.execute("DROP DATABASE latin_" + database.name());
        }
    }

    @Test
    void connectionsThatStayInAutocommitAreRefusedBeforeTheHandlerRuns() {
        Result result = Orders.attempt(Deduplicator.create(autocommitOnly()), Orders.newKey(), tx -> {
            throw new AssertionError("must not run");
        });
        assertThat(result.outcome()).isEqualTo(Outcome.UNAVAILABLE);
        assertThat(result.cause()).hasMessageContaining("stay in autocommit mode");
    }

    private static void refused(DataSource dataSource, String reason) {
        assertThatThrownBy(() -> Deduplicator.create(dataSource).admin().verify())
                .isInstanceOf(DedupException.class)
                .hasMessageContaining(reason);
    }

    private DataSource autocommitOnly() {
        return proxy(DataSource.class, orders.dataSource, "getConnection", () -> {
            Connection real = orders.dataSource.getConnection();
            return proxy(Connection.class, real, "setAutoCommit", () -> null);
        });
    }

    private interface Answer {
        Object get() throws SQLException;
    }

    private static <T> T proxy(Class<T> type, T target, String method, Answer answer) {
        return type.cast(Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, (self, called, args) -> {
            if (called.getName().equals(method)) {
                return answer.get();
            }
            try {
                return called.invoke(target, args);
            } catch (InvocationTargetException e) {
                throw e.getTargetException();
            }
        }));
    }
}
