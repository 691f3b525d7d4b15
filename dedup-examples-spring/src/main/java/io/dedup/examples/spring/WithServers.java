package io.dedup.examples.spring;

import com.rabbitmq.client.ConnectionFactory;
import io.dedup.test.BrokerServer;
import io.dedup.test.Database;
import io.dedup.test.PostgresServer;
import java.util.Map;
import org.springframework.boot.SpringApplication;
import org.springframework.context.ConfigurableApplicationContext;

/** {@link SpringOrders} on servers that it brings along, until it is interrupted. */
public final class WithServers {

    private static final String WHAT_TO_TRY = """

            Try, in another terminal (the second is a duplicate, and changes nothing):
              order='{"id":"2b0c1d7e-0000-4000-8000-000000000001","customer":"Ada","cents":1200}'
              curl -d "$order" -H content-type:application/json localhost:8080/orders
              curl -d "$order" -H content-type:application/json localhost:8080/orders
              curl localhost:8080/totals
              curl localhost:8080/actuator/dedup
            An order over the limit fails three times, leaves nothing, and is dead-lettered:
              curl -d '{"id":"2b0c1d7e-0000-4000-8000-000000000002","customer":"Ada","cents":200000}' \\
                  -H content-type:application/json localhost:8080/orders
              curl localhost:8080/dead
              curl localhost:8080/actuator/dedup/orders
            Raise the limit, and replay what was dead-lettered:
              curl -X PUT 'localhost:8080/limit?cents=500000'
              curl -X POST localhost:8080/replay
              curl localhost:8080/totals
            Ctrl-C ends it.
            """;

    private WithServers() {}

    /**
     * Starts servers and application.
     *
     * @param args Spring's
     */
    public static void main(String[] args) {
        PostgresServer postgres = PostgresServer.start(); // both end with this process
        BrokerServer broker = BrokerServer.start();
        ConfigurableApplicationContext app = start(broker, postgres.createDatabase(), args);
        String port = String.valueOf(app.getEnvironment().getProperty("local.server.port"));
        System.out.println(WHAT_TO_TRY.replace("8080", port));
    }

    static ConfigurableApplicationContext start(BrokerServer broker, Database database, String... args) {
        SpringApplication app = new SpringApplication(SpringOrders.class);
        ConnectionFactory rabbit = broker.connectionFactory();
        app.setDefaultProperties(Map.of(
                "spring.datasource.url", database.jdbcUrl(),
                "spring.rabbitmq.host", rabbit.getHost(),
                "spring.rabbitmq.port", rabbit.getPort(),
                "spring.rabbitmq.username", rabbit.getUsername(),
                "spring.rabbitmq.password", rabbit.getPassword(),
                "spring.rabbitmq.virtual-host", rabbit.getVirtualHost()));
        return app.run(args);
    }
}
