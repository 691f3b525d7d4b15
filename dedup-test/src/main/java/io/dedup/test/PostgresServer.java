package io.dedup.test;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Queue;
import java.util.UUID;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A real PostgreSQL for tests: the first of what {@code DEDUP_JDBC_URL} names, a Docker container
 * ({@code postgres:17-alpine}), or PostgreSQL's own binaries from Maven. {@code DEDUP_SERVERS} (or the system property
 * {@code dedup.servers}) forces one: {@code environment}, {@code containers} or {@code binaries}.
 *
 * <p>Which it took is printed in one line. It stops, and its data goes, with {@link #close()} or the JVM.
 */
public final class PostgresServer implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(PostgresServer.class);

    private final PostgresNode node;
    private final String version;
    private final Queue<Database> created = new ConcurrentLinkedQueue<>();
    private final Resources resources = new Resources();

    PostgresServer(PostgresNode node) {
        this.node = node;
        resources.onClose(node::close);
        resources.onClose(this::dropCreated);
        this.version = version();
    }

    /**
     * Finds or starts a server; takes some seconds.
     *
     * @return a server that answers
     * @throws ServerException when there is none; the message says what was tried and what to do
     */
    public static PostgresServer start() {
        PostgresServer server = new PostgresServer(ServerChoice.start(
                "PostgreSQL",
                List.of(
                        new Way<>(ServerKind.ENVIRONMENT, EnvironmentPostgres::missing, EnvironmentPostgres::connect),
                        new Way<>(ServerKind.CONTAINER, Docker::missing, ContainerPostgres::start),
                        new Way<>(ServerKind.BINARIES, PostgresArchive::missing, BinariesPostgres::start))));
        Announcement.of(server);
        return server;
    }

    /**
     * Where the server comes from.
     *
     * @return any but {@link ServerKind#QPID}
     */
    public ServerKind kind() {
        return node.kind();
    }

    /**
     * The server's host.
     *
     * @return host name or address
     */
    public String host() {
        return node.host();
    }

    /**
     * The server's port, the same after a restart.
     *
     * @return TCP port
     */
    public int port() {
        return node.port();
    }

    /**
     * Creates an empty database that no other test sees. It is dropped when the server is closed.
     *
     * @return the new database, owned by its user
     */
    public Database createDatabase() {
        Database database =
                node.home().named("dedup_" + UUID.randomUUID().toString().replace("-", ""));
        try {
            // template0: also empty where somebody has filled template1, and never in use by a connection
            execute("create database " + database.name() + " template template0");
        } catch (SQLException e) {
            throw new ServerException(
                    "Cannot create a database on " + this + ". Its user \"" + database.user() + "\" needs CREATEDB.",
                    e);
        }
        created.add(database);
        return database;
    }

    /**
     * Whether {@link #restart()}, {@link #kill()} and {@link #startAgain()} work.
     *
     * @return false for {@link ServerKind#ENVIRONMENT}
     */
    public boolean canRestart() {
        return node.canRestart();
    }

    /** Crashes the server and starts it again on the same port, with the same data; returns when it answers. */
    public void restart() {
        kill();
        startAgain();
    }

    /** Ends the server at once, as a crash would: open transactions are lost, committed ones are kept. */
    public void kill() {
        node.kill();
    }

    /** Starts the server again after {@link #kill()}, on the same port and with the same data. */
    public void startAgain() {
        node.startAgain();
    }

    /** Stops the server and removes its data, or drops the databases that were created on one of the environment. */
    @Override
    public void close() {
        resources.close();
    }

    /** One line: what it is, its version, where it comes from and where it listens. */
    @Override
    public String toString() {
        return "PostgreSQL " + version + ", " + node.origin() + ", " + host() + ":" + port();
    }

    private void dropCreated() {
        if (node.canRestart()) {
            return; // all of the server goes
        }
        for (Database database = created.poll(); database != null; database = created.poll()) {
            try {
                execute("drop database if exists " + database.name() + " with (force)");
            } catch (SQLException e) {
                log.warn("could not drop {}, please do", database, e);
            }
        }
    }

    private void execute(String sql) throws SQLException {
        try (Connection connection = DriverManager.getConnection(node.home().jdbcUrl());
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    private String version() {
        try (Connection connection = DriverManager.getConnection(node.home().jdbcUrl())) {
            String full = connection.getMetaData().getDatabaseProductVersion();
            return full.split(" ", 2)[0]; // Debian appends the package's version
        } catch (SQLException e) {
            resources.close();
            throw new ServerException("Cannot connect to " + node.home() + ", " + node.origin() + ".", e);
        }
    }
}
