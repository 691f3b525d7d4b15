package io.dedup.spring.boot;

import com.rabbitmq.client.ConnectionFactory;
import io.dedup.test.BrokerServer;
import io.dedup.test.Database;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import org.apache.commons.logging.LogFactory;
import org.springframework.amqp.core.Queue;
import org.springframework.amqp.rabbit.connection.CachingConnectionFactory;
import org.springframework.amqp.rabbit.core.RabbitTemplate;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.boot.diagnostics.FailureAnalyzer;
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
                .withConfiguration(AutoConfigurations.of(BootLine.DATA_SOURCE))
                .withPropertyValues("spring.datasource.url=" + fresh(database).jdbcUrl());
    }

    static ApplicationContextRunner withoutDataSource() {
        return new ApplicationContextRunner()
                .withConfiguration(AutoConfigurations.of(
                        DedupAutoConfiguration.class,
                        DedupEndpointAutoConfiguration.class,
                        DedupHealthAutoConfiguration.class,
                        DedupMetricsAutoConfiguration.class))
                .withConfiguration(AutoConfigurations.of(BootLine.LIBRARY.toArray(Class<?>[]::new)));
    }

    /** With Boot's listeners on a queue, which {@code ${queue}} names. */
    static ApplicationContextRunner listening(Database database, BrokerServer broker, String queue) {
        return on(database)
                .withConfiguration(AutoConfigurations.of(BootLine.TRANSACTION_MANAGER, BootLine.RABBIT))
                .withConfiguration(AutoConfigurations.of(
                        DedupAllListenersAutoConfiguration.class, DedupRabbitAutoConfiguration.class))
                .withBean(Queue.class, () -> new Queue(queue, true))
                .withPropertyValues(properties(broker))
                .withPropertyValues("queue=" + queue);
    }

    static String[] properties(BrokerServer broker) {
        ConnectionFactory rabbit = broker.connectionFactory();
        return new String[] {
            "spring.rabbitmq.host=" + rabbit.getHost(),
            "spring.rabbitmq.port=" + rabbit.getPort(),
            "spring.rabbitmq.username=" + rabbit.getUsername(),
            "spring.rabbitmq.password=" + rabbit.getPassword(),
            "spring.rabbitmq.virtual-host=" + rabbit.getVirtualHost()
        };
    }

    static void send(BrokerServer broker, String queue, String... ids) {
        CachingConnectionFactory connections = new CachingConnectionFactory(broker.connectionFactory());
        RabbitTemplate rabbit = new RabbitTemplate(connections);
        for (String id : ids) {
            rabbit.convertAndSend("", queue, id, message -> {
                message.getMessageProperties().setMessageId(id);
                return message;
            });
        }
        connections.destroy();
    }

    static ApplicationContextRunner metered(Database database) {
        return on(database).withConfiguration(AutoConfigurations.of(BootLine.METERS.toArray(Class<?>[]::new)));
    }

    static ApplicationContextRunner withItsOwnFlyway(Database database) {
        return on(database).withConfiguration(AutoConfigurations.of(BootLine.FLYWAY));
    }

    /** As Boot does it: one that needs what is not on the class path is passed by. */
    private static FailureAnalysis analysis(FailureAnalyzer analyzer, Throwable failure) {
        try {
            return analyzer.analyze(failure);
        } catch (LinkageError e) {
            return null;
        }
    }

    /** What Boot shows of a failed start. */
    static String analysisOf(Throwable failure) {
        return SpringFactoriesLoader.forDefaultResourceLocation()
                .load(FailureAnalyzer.class, FailureHandler.logging(LogFactory.getLog(Contexts.class)))
                .stream()
                .map(analyzer -> analysis(analyzer, failure))
                .filter(Objects::nonNull)
                .map(analysis -> analysis.getDescription() + "\nAction: " + analysis.getAction())
                .findFirst()
                .orElse("no analysis");
    }
}
