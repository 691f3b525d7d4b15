package io.dedup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.dedup.test.PostgresServer;
import io.dedup.test.ServersExtension;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import javax.sql.DataSource;
import org.flywaydb.core.Flyway;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

@ExtendWith(ServersExtension.class)
class MigrationTest {

    private final DataSource empty;

    MigrationTest(PostgresServer server) {
        this.empty = server.createDatabase().dataSource();
    }

    @Test
    void itRunsTwiceBesideTheUsersOwnMigrations(@TempDir Path folder) throws IOException {
        Files.writeString(folder.resolve("V1__mine.sql"), "CREATE TABLE mine (id int)");
        Flyway users = Flyway.configure()
                .dataSource(empty)
                .locations("filesystem:" + folder)
                .load();
        users.migrate();
        Deduplicator dedup = Deduplicator.create(empty);
        dedup.admin().migrate();
        dedup.admin().migrate();
        dedup.admin().verify();
        users.validate();
        assertThat(users.migrate().migrationsExecuted).isZero();
    }

    @Test
    void schemaAndTableCanBeSet() {
        Deduplicator dedup =
                Deduplicator.builder(empty).schema("Messaging").table("Inbox$1").build();
        dedup.admin().migrate();
        dedup.admin().verify();
        MessageKey key = Orders.newKey();
        assertThat(dedup.process(key, tx -> {})).isEqualTo(Outcome.PROCESSED);
        assertThat(dedup.process(key, tx -> {})).isEqualTo(Outcome.DUPLICATE);
        assertThat(dedup.admin().purge(java.time.Duration.ofDays(1))).isZero();
    }

    @Test
    void severalTablesCanShareASchema() {
        Deduplicator.create(empty).admin().migrate();
        Deduplicator other = Deduplicator.builder(empty).table("other").build();
        other.admin().migrate();
        other.admin().verify();
        Deduplicator.create(empty).admin().verify();
    }

    @Test
    void theScriptRunsAsItStands() throws IOException, SQLException {
        try (InputStream script = Deduplicator.class.getResourceAsStream("/io/dedup/" + Migrations.SCRIPT);
                Connection connection = empty.getConnection();
                Statement statement = connection.createStatement()) {
            assertThat(script).as("packaged where users find it").isNotNull();
            statement.execute(new String(script.readAllBytes(), StandardCharsets.UTF_8));
        }
        assertThatCode(() -> Deduplicator.create(empty).admin().verify()).doesNotThrowAnyException();
    }

    @Test
    void aNameThatIsNoneIsRefused() {
        for (String name : new String[] {"", "a b", "x\"; DROP TABLE orders; --", "ä", "a".repeat(49), "1a"}) {
            assertThatThrownBy(() -> Deduplicator.builder(empty).table(name).build())
                    .as(name)
                    .isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> Deduplicator.builder(empty).schema(name).build())
                    .as(name)
                    .isInstanceOf(IllegalArgumentException.class);
        }
    }
}
