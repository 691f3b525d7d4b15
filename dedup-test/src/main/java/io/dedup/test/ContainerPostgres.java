package io.dedup.test;

import java.sql.DriverManager;
import java.util.concurrent.Callable;
import org.testcontainers.postgresql.PostgreSQLContainer;

/** PostgreSQL in a Docker container. */
final class ContainerPostgres extends ContainerNode<PostgreSQLContainer> implements PostgresNode {
    private static final String IMAGE = "postgres:17-alpine";
    private static final String WORD = "postgres";

    private ContainerPostgres(int port) {
        super(
                IMAGE,
                new PostgreSQLContainer(IMAGE)
                        .withUsername(WORD)
                        .withPassword(WORD)
                        .withDatabaseName(WORD)
                        // Replaces Testcontainers' fsync=off: a killed server must keep what was committed.
                        .withCommand("postgres", "-c", "max_connections=300"),
                port,
                PostgreSQLContainer.POSTGRESQL_PORT);
    }

    static ContainerPostgres start() {
        return FreePort.with(port -> {
            ContainerPostgres node = new ContainerPostgres(port);
            node.launch();
            return node;
        });
    }

    @Override
    Callable<Boolean> probe() {
        return () -> {
            DriverManager.getConnection(home().jdbcUrl()).close();
            return true;
        };
    }

    @Override
    public Database home() {
        return new Database(super.host(), super.port(), WORD, WORD, WORD);
    }

    @Override
    public String host() {
        return super.host();
    }

    @Override
    public int port() {
        return super.port();
    }
}
