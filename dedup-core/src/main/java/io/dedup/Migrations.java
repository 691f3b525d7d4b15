package io.dedup;

import java.util.Map;
import javax.sql.DataSource;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.FlywayException;
import org.flywaydb.core.api.configuration.FluentConfiguration;

/** Runs db/migration/postgresql with Flyway, apart from whatever else Flyway does in the same database. */
final class Migrations {

    static final String SCRIPT = "db/migration/postgresql/V1__processed_message.sql";

    /** What to do where a table is missing. */
    static final String MIGRATE = "call DedupAdmin.migrate() or apply " + SCRIPT;

    private static final String LOCATION = "classpath:io/dedup/db/migration/postgresql";

    private Migrations() {}

    static void run(DataSource dataSource, TableName table) {
        try {
            ByFlyway.run(dataSource, table);
        } catch (NoClassDefFoundError e) {
            throw new DedupException(
                    Outcome.UNAVAILABLE,
                    "Flyway is not on the class path",
                    "add org.flywaydb:flyway-database-postgresql, or apply " + SCRIPT
                            + " (in dedup-core's jar under io/dedup/) by other means and do not call migrate()",
                    e);
        }
    }

    /** Of its own, so that it is loaded only where Flyway is. */
    private static final class ByFlyway {

        static void run(DataSource dataSource, TableName table) {
            FluentConfiguration flyway = Flyway.configure(Migrations.class.getClassLoader())
                    .dataSource(dataSource)
                    .locations(LOCATION)
                    .table(table.history())
                    // The schema holds the user's own tables already; our history starts before V1 all the same.
                    .baselineOnMigrate(true)
                    .baselineVersion("0")
                    // The scripts are plain SQL with the default names; "processed_message" reads as the placeholder
                    // named message between this prefix and suffix.
                    .placeholderPrefix("\"processed_")
                    .placeholderSuffix("\"")
                    .placeholders(Map.of("message", table.quoted(), "message_attempt", table.quotedAttempts()));
            if (table.schema() != null) {
                flyway.defaultSchema(table.schema());
            }
            try {
                flyway.load().migrate();
            } catch (FlywayException e) {
                throw new DedupException(
                        Outcome.UNAVAILABLE,
                        "migration of " + table + " failed: " + e.getMessage(),
                        "see what the database says; the database user needs the right to create tables in the schema",
                        e);
            }
        }
    }
}
