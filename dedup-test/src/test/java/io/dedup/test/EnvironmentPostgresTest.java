package io.dedup.test;

import static io.dedup.test.PostgresContract.count;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.sql.SQLException;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(ServersExtension.class)
class EnvironmentPostgresTest {
    private final Database home;

    EnvironmentPostgresTest(Database home) {
        this.home = home;
    }

    @Test
    void it_creates_databases_on_the_named_server_and_drops_them_at_the_end() throws SQLException {
        PostgresServer named = new PostgresServer(new EnvironmentPostgres(Database.parse(home.jdbcUrl())));
        Database created = named.createDatabase();
        String rows = "pg_database where datname = '" + created.name() + "'";
        assertThat(count(created, rows)).isEqualTo(1);
        named.close();
        assertThat(count(home, rows)).isZero();
    }

    @Test
    void it_is_not_ours_to_restart() {
        try (PostgresServer named = new PostgresServer(new EnvironmentPostgres(home))) {
            assertThat(named.canRestart()).isFalse();
            assertThatThrownBy(named::restart)
                    .isInstanceOf(ServerException.class)
                    .hasMessageContaining("named by DEDUP_JDBC_URL");
        }
    }

    @Test
    void further_parameters_of_the_url_are_kept() {
        Database read = Database.parse(
                "jdbc:postgresql://db.example:6543/my%20db?user=me&password=a%26b&ApplicationName=orders&sslmode=disable");
        assertThat(read)
                .isEqualTo(new Database(
                        "db.example",
                        6543,
                        "my db",
                        "me",
                        "a&b",
                        Map.of("ApplicationName", "orders", "sslmode", "disable")));
        assertThat(Database.parse(read.jdbcUrl())).isEqualTo(read);
        assertThat(read.toString()).doesNotContain("a&b");
    }

    @Test
    void a_url_that_names_no_single_postgresql_is_refused_without_its_password() {
        for (String url :
                new String[] {"jdbc:mysql://h/d?password=secret", "jdbc:postgresql://a,b/d?password=secret"}) {
            assertThatThrownBy(() -> Database.parse(url))
                    .isInstanceOf(ServerException.class)
                    .hasMessageContaining("DEDUP_JDBC_URL")
                    .hasMessageContaining("jdbc:postgresql://")
                    .hasMessageNotContaining("password=secret\"");
        }
    }

    @Test
    void a_server_that_does_not_answer_is_told_with_its_place() {
        int nobody = FreePort.find();
        Database absent = Database.parse("jdbc:postgresql://127.0.0.1:" + nobody + "/d?user=u");
        assertThatThrownBy(() -> new PostgresServer(new EnvironmentPostgres(absent)))
                .isInstanceOf(ServerException.class)
                .hasMessageContaining("127.0.0.1:" + nobody)
                .hasMessageContaining("DEDUP_JDBC_URL");
    }
}
