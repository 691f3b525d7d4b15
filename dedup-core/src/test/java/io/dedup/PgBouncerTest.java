package io.dedup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.zaxxer.hikari.HikariDataSource;
import io.dedup.test.Database;
import io.dedup.test.ServersExtension;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Trap 17, through a real PgBouncer in transaction mode: the contract, and nothing that lives longer than a transaction. */
@ExtendWith(ServersExtension.class)
@EnabledIf(value = "isInstalled", disabledReason = "needs PgBouncer (Debian: apt-get install pgbouncer)")
@Timeout(60)
class PgBouncerTest extends DedupContract {

    private static final Path BINARY = Path.of("/usr/sbin/pgbouncer");

    private final Database database;
    private final HikariDataSource pool = new HikariDataSource();
    private Process bouncer;

    PgBouncerTest(Database database) {
        super(database);
        this.database = database;
    }

    static boolean isInstalled() {
        return Files.isExecutable(BINARY);
    }

    @BeforeEach
    void start(@TempDir Path folder) throws IOException {
        Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxrwxrwx")); // it runs as nobody
        int port = freePort();
        String password = database.password().isEmpty() ? "" : "password=" + database.password();
        Path ini = Files.writeString(folder.resolve("pgbouncer.ini"), """
                [databases]
                bounced = host=%s port=%d dbname=%s user=%s %s
                [pgbouncer]
                listen_addr = 127.0.0.1
                listen_port = %d
                unix_socket_dir =
                auth_type = any
                pool_mode = transaction
                default_pool_size = 3
                ignore_startup_parameters = extra_float_digits,options
                """.formatted(
                        database.host(), database.port(), database.name(), database.user(), password, port));
        ProcessBuilder command = System.getProperty("user.name").equals("root")
                ? new ProcessBuilder(BINARY.toString(), "-u", "nobody", ini.toString())
                : new ProcessBuilder(BINARY.toString(), ini.toString());
        bouncer = command.redirectErrorStream(true)
                .redirectOutput(folder.resolve("log").toFile())
                .start();
        // Server-side prepared statements need PgBouncer 1.21.
        pool.setJdbcUrl("jdbc:postgresql://127.0.0.1:" + port + "/bounced?user=any&prepareThreshold=0");
        pool.setMaximumPoolSize(10);
        await().ignoreExceptions().until(() -> {
            try (Connection connection = pool.getConnection()) {
                return connection.isValid(1);
            }
        });
    }

    @AfterEach
    void stop() {
        pool.close();
        bouncer.destroyForcibly();
    }

    @Override
    Outcome deliver(MessageKey key, Work<Exception> work) throws Exception {
        return Deduplicator.create(pool).process(key, work);
    }

    @Test
    void theBoundedWaitAndThePurgeWorkAndTheTableIsFound() throws Exception {
        Deduplicator bounced =
                Deduplicator.builder(pool).maxWait(Duration.ofMillis(200)).build();
        bounced.admin().migrate();
        bounced.admin().verify();
        MessageKey key = Orders.newKey();
        try (Connection first = orders.dataSource.getConnection()) {
            first.setAutoCommit(false);
            dedup.claim(first, key);
            assertThat(bounced.process(key, tx -> {})).isEqualTo(Outcome.BUSY);
        }
        orders.execute("INSERT INTO processed_message VALUES ('old', '1', now() - interval '8 days')");
        for (int node = 0; node < 3; node++) {
            bounced.admin().purge(Duration.ofDays(7));
        }
        assertThat(orders.count("SELECT count(*) FROM processed_message WHERE consumer = 'old'"))
                .isZero();
        assertThat(orders.count("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'"))
                .as("session-level locks left on PgBouncer's connections")
                .isZero();
    }

    private static int freePort() throws IOException {
        try (ServerSocket free = new ServerSocket(0)) {
            return free.getLocalPort();
        }
    }
}
