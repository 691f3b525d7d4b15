package io.dedup.test;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.Connection;
import java.sql.SQLException;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.extension.ExtendWith;

/** What {@link ServersExtensionTest} runs; in a file of its own, so that no build runs it as a test. */
final class ExtensionSamples {
    private ExtensionSamples() {}

    static boolean isUp(Database database) {
        try (Connection connection = database.dataSource().getConnection()) {
            return connection.isValid(1);
        } catch (SQLException e) {
            return false;
        }
    }

    @ExtendWith(ServersExtension.class)
    static class Probe {
        static Database database;

        @Test
        void remembers(Database given) {
            database = given;
            assertThat(isUp(given)).isTrue();
        }
    }

    @ExtendWith(ServersExtension.class)
    static class Other {
        static Database database;

        @Test
        void remembers(Database given) {
            database = given;
            assertThat(isUp(given)).isTrue();
        }
    }

    @TestMethodOrder(MethodOrderer.MethodName.class)
    @ExtendWith(ServersExtension.class)
    static class NeedsMore {
        @Test
        @RequiresRabbitMq
        void a() {
            throw new AssertionError("not RabbitMQ");
        }

        @Test
        @RequiresRestart(BrokerServer.class)
        void b() {
            throw new AssertionError("cannot restart");
        }

        @Test
        @RequiresRestart(PostgresServer.class)
        void c() {}
    }
}
