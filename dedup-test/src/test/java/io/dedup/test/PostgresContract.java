package io.dedup.test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** What holds for every PostgreSQL that we started ourselves. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class PostgresContract {
    private PostgresServer server;

    abstract PostgresNode startNode();

    @BeforeAll
    void start() {
        server = new PostgresServer(startNode());
    }

    @AfterAll
    void close() {
        server.close();
        server.close();
        assertThatThrownBy(() -> DriverManager.getConnection(url("postgres"))).isInstanceOf(SQLException.class);
    }

    @Test
    void it_says_in_one_line_what_it_is() {
        assertThat(server.toString())
                .startsWith("PostgreSQL ")
                .endsWith(":" + server.port())
                .hasLineCount(1);
    }

    @Test
    void every_database_is_fresh_and_shares_nothing_with_others() throws SQLException {
        Database one = server.createDatabase();
        Database other = server.createDatabase();
        execute(one, "create table only_here (i int)");
        assertThat(count(one, "pg_tables where tablename = 'only_here'")).isEqualTo(1);
        assertThat(count(other, "pg_tables where tablename = 'only_here'")).isZero();
        assertThat(one.name()).isNotEqualTo(other.name());
    }

    @Test
    void a_restart_keeps_the_port_and_what_was_committed_and_nothing_else() throws SQLException {
        Database database = server.createDatabase();
        int port = server.port();
        execute(database, "create table t (i int)");
        execute(database, "insert into t values (1)");
        try (Connection open = database.dataSource().getConnection();
                Statement statement = open.createStatement()) {
            open.setAutoCommit(false);
            statement.execute("insert into t values (2)");
            server.restart();
            assertThatThrownBy(open::commit).isInstanceOf(SQLException.class);
        }
        assertThat(server.port()).isEqualTo(port);
        assertThat(count(database, "t")).isEqualTo(1);
    }

    @Test
    void between_kill_and_start_again_nobody_answers() throws SQLException {
        Database database = server.createDatabase();
        server.kill();
        assertThatThrownBy(() -> database.dataSource().getConnection()).isInstanceOf(SQLException.class);
        server.startAgain();
        assertThat(count(database, "pg_tables where schemaname = 'public'")).isZero();
    }

    @Test
    void a_wrong_password_is_refused() {
        Database right = server.createDatabase();
        Database wrong = new Database(right.host(), right.port(), right.name(), right.user(), "wrong");
        assertThatThrownBy(() -> wrong.dataSource().getConnection())
                .isInstanceOfSatisfying(
                        SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo("28P01"));
    }

    @Test
    void two_hundred_connections_are_allowed_and_commits_are_durable() throws SQLException {
        Database database = server.createDatabase();
        assertThat(count(database, "pg_settings where name = 'max_connections' and setting::int >= 200"))
                .isEqualTo(1);
        assertThat(count(database, "pg_settings where name = 'fsync' and setting = 'on'"))
                .isEqualTo(1);
    }

    private String url(String name) {
        return new Database(server.host(), server.port(), name, "postgres", "postgres").jdbcUrl();
    }

    static void execute(Database database, String sql) throws SQLException {
        try (Connection connection = database.dataSource().getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    static int count(Database database, String from) throws SQLException {
        try (Connection connection = database.dataSource().getConnection();
                Statement statement = connection.createStatement();
                ResultSet result = statement.executeQuery("select count(*) from " + from)) {
            result.next();
            return result.getInt(1);
        }
    }
}
