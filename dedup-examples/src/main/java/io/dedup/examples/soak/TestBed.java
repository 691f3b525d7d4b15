package io.dedup.examples.soak;

import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.ConnectionFactory;
import io.dedup.Deduplicator;
import io.dedup.test.BrokerServer;
import io.dedup.test.Database;
import io.dedup.test.PostgresServer;
import io.dedup.test.TcpProxy;
import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Map;
import java.util.concurrent.TimeoutException;

/** A private PostgreSQL and a private RabbitMQ, each with a proxy that only the consumers go through. */
final class TestBed implements AutoCloseable {

    static final String QUEUE = "soak";
    static final String DEAD = QUEUE + ".dead";

    /** How the consumers' connections are told from ours. */
    static final String APPLICATION = "soak-consumer";

    // No unique constraint: a doubled effect shall be seen, not prevented.
    private static final String TABLES = """
            CREATE TABLE effect (message_id text NOT NULL, slot integer NOT NULL, at timestamptz NOT NULL DEFAULT clock_timestamp());
            CREATE INDEX ON effect (at);
            CREATE TABLE account (id integer PRIMARY KEY, balance bigint NOT NULL);
            INSERT INTO account SELECT n, 0 FROM generate_series(0, 15) AS n""";

    final PostgresServer postgres;
    final BrokerServer broker;
    final Database database;
    final TcpProxy databaseProxy;
    final TcpProxy brokerProxy;

    /** There are servers, but not such as can be soaked. */
    static final class UnsuitableServers extends Exception {
        private static final long serialVersionUID = 1L;

        UnsuitableServers(String message) {
            super(message);
        }
    }

    private TestBed(PostgresServer postgres, BrokerServer broker) {
        this.postgres = postgres;
        this.broker = broker;
        this.database = postgres.createDatabase();
        this.databaseProxy = TcpProxy.to(postgres.host(), postgres.port());
        this.brokerProxy = TcpProxy.to(broker.host(), broker.port());
    }

    /** The servers end with the JVM, if not before. */
    static TestBed start() throws UnsuitableServers, IOException, TimeoutException, SQLException {
        PostgresServer postgres = PostgresServer.start();
        BrokerServer broker = BrokerServer.start();
        if (!broker.isRabbitMq() || !broker.canRestart() || !postgres.canRestart()) {
            throw new UnsuitableServers("The soak kills and restarts a private RabbitMQ and a private PostgreSQL;"
                    + " it cannot with " + broker + " and " + postgres
                    + ". Use DEDUP_SERVERS=containers (Docker) or DEDUP_SERVERS=binaries (rabbitmq-server installed).");
        }
        TestBed bed = new TestBed(postgres, broker);
        bed.createTables();
        bed.declareQueue();
        return bed;
    }

    private void createTables() throws SQLException {
        Deduplicator.create(database.dataSource()).admin().migrate();
        try (java.sql.Connection connection = database.dataSource().getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute(TABLES);
        }
    }

    private void declareQueue() throws IOException, TimeoutException {
        try (Connection connection = broker.connectionFactory().newConnection();
                Channel channel = connection.createChannel()) {
            channel.queueDeclare(QUEUE, true, false, false, Map.of("x-queue-type", "quorum"));
        }
    }

    /** What a consumer connects to; shorter timeouts than the longest stall, so that stalls also break connections. */
    String jdbcUrl() {
        return database.through(databaseProxy).jdbcUrl() + "&ApplicationName=" + APPLICATION
                + "&connectTimeout=2&loginTimeout=4&socketTimeout=2";
    }

    String amqpUri() {
        ConnectionFactory factory = broker.connectionFactory(brokerProxy);
        return "amqp://" + encoded(factory.getUsername()) + ":" + encoded(factory.getPassword()) + "@"
                + factory.getHost() + ":" + factory.getPort() + "/" + encoded(factory.getVirtualHost());
    }

    private static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }

    @Override
    public void close() {
        databaseProxy.close();
        brokerProxy.close();
        broker.close();
        postgres.close();
    }
}
