package io.dedup.test;

import static io.dedup.test.PostgresContract.count;
import static io.dedup.test.PostgresContract.execute;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(ServersExtension.class)
class TcpProxyOnPostgresTest {
    private static final Duration LIMIT = Duration.ofSeconds(10);

    private final Database database;
    private final TcpProxy proxy;

    TcpProxyOnPostgresTest(Database database) {
        this.database = database;
        this.proxy = TcpProxy.to(database.host(), database.port());
    }

    @BeforeEach
    void create() throws SQLException {
        execute(database, "create table if not exists t (i int)");
        execute(database, "truncate t");
    }

    @AfterEach
    void close() {
        proxy.close();
    }

    @Test
    void cut_before_commit_loses_the_row_and_the_client_sees_an_error() throws Exception {
        Trap trap = proxy.onClientSending("COMMIT").cutBefore();
        assertThatThrownBy(this::insertOne)
                .isInstanceOfSatisfying(
                        SQLException.class, e -> assertThat(e.getSQLState()).startsWith("08"));
        trap.awaitSprung(LIMIT);
        assertThat(count(database, "t")).isZero();
        assertThat(proxy.openConnections()).isZero();
    }

    @Test
    void cut_after_commit_keeps_the_row_and_the_client_sees_the_same_error() throws Exception {
        Trap trap = proxy.onClientSending("COMMIT").cutAfter();
        assertThatThrownBy(this::insertOne)
                .isInstanceOfSatisfying(
                        SQLException.class, e -> assertThat(e.getSQLState()).startsWith("08"));
        trap.awaitSprung(LIMIT);
        assertThat(count(database, "t")).isEqualTo(1);
        assertThat(proxy.openConnections()).isZero();
    }

    @Test
    void a_trap_springs_once() throws SQLException {
        Trap trap = proxy.onClientSending("COMMIT").cutBefore();
        assertThat(trap.sprung()).isFalse();
        assertThatThrownBy(this::insertOne).isInstanceOf(SQLException.class);
        insertOne();
        assertThat(trap.sprung()).isTrue();
        assertThat(count(database, "t")).isEqualTo(1);
    }

    @Test
    void stalled_before_commit_the_client_waits_until_the_proxy_resumes() throws Exception {
        Trap trap = proxy.onClientSending("COMMIT").stallBefore();
        CompletableFuture<Void> client = insertInBackground();
        trap.awaitSprung(LIMIT);
        assertThat(client).isNotDone();
        assertThat(count(database, "t")).isZero();
        proxy.resume();
        assertThat(client).succeedsWithin(LIMIT);
        assertThat(count(database, "t")).isEqualTo(1);
    }

    @Test
    void a_task_runs_while_the_commit_is_held_back() throws Exception {
        int[] seen = {-1};
        proxy.onClientSending("COMMIT").run(() -> seen[0] = rows());
        insertOne();
        assertThat(seen[0]).isZero();
        assertThat(count(database, "t")).isEqualTo(1);
    }

    @Test
    void round_trips_are_counted() throws SQLException {
        try (Connection connection = database.through(proxy).dataSource().getConnection();
                Statement statement = connection.createStatement()) {
            long before = proxy.roundTrips();
            for (int i = 0; i < 7; i++) {
                statement.execute("select " + i);
            }
            assertThat(proxy.roundTrips() - before).isEqualTo(7);
        }
    }

    @Test
    void a_killed_backend_is_an_error_for_the_client_and_no_open_connection() throws SQLException {
        try (Connection connection = database.through(proxy).dataSource().getConnection()) {
            assertThat(proxy.openConnections()).isEqualTo(1);
            execute(
                    database,
                    "select pg_terminate_backend(pid, 5000) from pg_stat_activity"
                            + " where datname = current_database() and pid <> pg_backend_pid()");
            assertThatThrownBy(() -> connection.createStatement().execute("select 1"))
                    .isInstanceOf(SQLException.class);
        }
    }

    private CompletableFuture<Void> insertInBackground() {
        return CompletableFuture.runAsync(() -> {
            try {
                insertOne();
            } catch (SQLException e) {
                throw new AssertionError(e);
            }
        });
    }

    private void insertOne() throws SQLException {
        try (Connection connection = database.through(proxy).dataSource().getConnection();
                Statement statement = connection.createStatement()) {
            connection.setAutoCommit(false);
            statement.execute("insert into t values (1)");
            connection.commit();
        }
    }

    private int rows() {
        try {
            return count(database, "t");
        } catch (SQLException e) {
            throw new AssertionError(e);
        }
    }
}
