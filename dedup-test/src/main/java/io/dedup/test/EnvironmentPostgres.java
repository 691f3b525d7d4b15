package io.dedup.test;

import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The PostgreSQL that {@code DEDUP_JDBC_URL} names. */
final class EnvironmentPostgres implements PostgresNode, Node.Unrestartable {
    static final String VARIABLE = "DEDUP_JDBC_URL";

    private final Database home;

    EnvironmentPostgres(Database home) {
        this.home = home;
    }

    static Optional<String> missing() {
        return missing(System.getenv(VARIABLE));
    }

    static Optional<String> missing(@Nullable String url) {
        return url != null && !url.isBlank()
                ? Optional.empty()
                : Optional.of("DEDUP_JDBC_URL is not set; set it to the URL of a PostgreSQL, as in"
                        + " jdbc:postgresql://localhost:5432/postgres?user=postgres&password=secret.");
    }

    static EnvironmentPostgres connect() {
        return new EnvironmentPostgres(Database.parse(System.getenv(VARIABLE)));
    }

    @Override
    public ServerKind kind() {
        return ServerKind.ENVIRONMENT;
    }

    @Override
    public String origin() {
        return "named by DEDUP_JDBC_URL";
    }

    @Override
    public Database home() {
        return home;
    }

    @Override
    public void close() {
        // not ours
    }
}
