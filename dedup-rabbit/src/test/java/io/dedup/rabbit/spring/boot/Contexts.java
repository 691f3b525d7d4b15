package io.dedup.rabbit.spring.boot;

import io.dedup.test.Database;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import org.apache.commons.logging.LogFactory;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.diagnostics.FailureAnalyzer;
import org.springframework.boot.flyway.autoconfigure.FlywayAutoConfiguration;
import org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration;
import org.springframework.boot.micrometer.metrics.autoconfigure.CompositeMeterRegistryAutoConfiguration;
import org.springframework.boot.micrometer.metrics.autoconfigure.MetricsAutoConfiguration;
import org.springframework.boot.micrometer.metrics.autoconfigure.export.simple.SimpleMetricsExportAutoConfiguration;
import org.springframework.boot.micrometer.observation.autoconfigure.ObservationAutoConfiguration;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.core.io.support.SpringFactoriesLoader;
import org.springframework.core.io.support.SpringFactoriesLoader.FailureHandler;

/** Applications of nothing but auto-configuration, on a real database. */
final class Contexts {

    private Contexts() {}

    /** The same database with an empty schema of its own. */
    static Database fresh(Database database) {
        String schema = "app_" + UUID.randomUUID().toString().replace('-', '_');
        try (Connection connection = database.dataSource().getConnection();
                Statement create = connection.createStatement()) {
            create.execute("CREATE SCHEMA " + schema);
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
        return new Database(
                database.host(),
                database.port(),
                database.name(),
                database.user(),
                database.password(),
                Map.of("currentSchema", schema));
    }

    /** In an empty schema. */
    static ApplicationContextRunner on(Database database) {
        return withoutDataSource()
                .withConfiguration(AutoConfigurations.of(DataSourceAutoConfiguration.class))
                .withPropertyValues("spring.datasource.url=" + fresh(database).jdbcUrl());
    }

    static ApplicationContextRunner withoutDataSource() {
        return new ApplicationContextRunner()
                .withConfiguration(AutoConfigurations.of(
                        DedupAutoConfiguration.class,
                        DedupEndpointAutoConfiguration.class,
                        DedupHealthAutoConfiguration.class,
                        DedupMetricsAutoConfiguration.class));
    }

    static ApplicationContextRunner metered(Database database) {
        return on(database)
                .withConfiguration(AutoConfigurations.of(
                        MetricsAutoConfiguration.class,
                        SimpleMetricsExportAutoConfiguration.class,
                        CompositeMeterRegistryAutoConfiguration.class,
                        ObservationAutoConfiguration.class));
    }

    static ApplicationContextRunner withItsOwnFlyway(Database database) {
        return on(database).withConfiguration(AutoConfigurations.of(FlywayAutoConfiguration.class));
    }

    /** What Boot shows of a failed start. */
    static String analysisOf(Throwable failure) {
        return SpringFactoriesLoader.forDefaultResourceLocation()
                .load(FailureAnalyzer.class, FailureHandler.logging(LogFactory.getLog(Contexts.class)))
                .stream()
                .map(analyzer -> analyzer.analyze(failure))
                .filter(Objects::nonNull)
                .map(analysis -> analysis.getDescription() + "\nAction: " + analysis.getAction())
                .findFirst()
                .orElse("no analysis");
    }
}
