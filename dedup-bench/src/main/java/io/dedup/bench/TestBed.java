package io.dedup.bench;

import com.rabbitmq.client.AMQP.BasicProperties;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.ConnectionFactory;
import com.rabbitmq.client.GetResponse;
import com.rabbitmq.client.MessageProperties;
import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.dedup.amqp.Queues;
import io.dedup.test.BrokerServer;
import io.dedup.test.Database;
import io.dedup.test.PostgresServer;
import java.io.IOException;
import java.sql.SQLException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/** A private PostgreSQL and a private RabbitMQ: one database, one durable classic queue. */
final class TestBed implements AutoCloseable {

    static final String QUEUE = "bench";
    static final String ACCOUNT = "account";
    private static final int CONFIRM_EVERY = 1_000;
    private static final long CONFIRM_MILLIS = 60_000;

    final PostgresServer postgres;
    final BrokerServer broker;
    final Tables tables;
    private final Database database;
    private final Connection connection;
    private final Channel channel;

    private TestBed(PostgresServer postgres, BrokerServer broker) throws IOException, TimeoutException, SQLException {
        this.postgres = postgres;
        this.broker = broker;
        this.database = postgres.createDatabase();
        this.tables = new Tables(database.dataSource());
        this.connection = broker.connectionFactory().newConnection("bench");
        this.channel = connection.createChannel();
        channel.confirmSelect();
        channel.queueDeclare(QUEUE, true, false, false, Map.of());
    }

    static TestBed start() throws IOException, TimeoutException, SQLException {
        PostgresServer postgres = PostgresServer.start();
        return new TestBed(postgres, BrokerServer.start());
    }

    DataSource dataSource() {
        return database.dataSource();
    }

    /** Pool and broker connection as every contestant gets them. */
    Arena arena(int concurrency, Work work, Load load, Probe probe, Consumer<String> committed) throws SQLException {
        ExecutorService threads = Executors.newFixedThreadPool(concurrency);
        ConnectionFactory factory = broker.connectionFactory();
        factory.setMetricsCollector(probe);
        factory.setSharedExecutor(threads);
        return new Arena(pool(concurrency), factory, threads, concurrency, work, load, probe, committed);
    }

    private HikariDataSource pool(int size) throws SQLException {
        HikariConfig config = new HikariConfig();
        config.setJdbcUrl(database.jdbcUrl());
        config.setMaximumPoolSize(size);
        HikariDataSource pool = new HikariDataSource(config);
        Deque<java.sql.Connection> open = new ArrayDeque<>();
        for (int i = 0; i < size; i++) { // opened now, not while the time runs
            open.push(pool.getConnection());
        }
        while (!open.isEmpty()) {
            open.pop().close();
        }
        return pool;
    }

    /** Persistent, and confirmed by the broker. */
    void publish(List<Order> orders) throws IOException, InterruptedException, TimeoutException {
        int sent = 0;
        for (Order order : orders) {
            publishUnconfirmed(order);
            if (++sent % CONFIRM_EVERY == 0) {
                channel.waitForConfirmsOrDie(CONFIRM_MILLIS);
            }
        }
        channel.waitForConfirmsOrDie(CONFIRM_MILLIS);
    }

    void publishUnconfirmed(Order order) throws IOException {
        BasicProperties properties = MessageProperties.PERSISTENT_BASIC
                .builder()
                .messageId(order.id())
                .contentType("application/json")
                .headers(Map.of(ACCOUNT, String.valueOf(order.account())))
                .build();
        channel.basicPublish("", QUEUE, properties, order.toJson());
    }

    /** Messages that wait; what a consumer that has closed did not acknowledge is among them. */
    long waiting() throws IOException {
        return channel.queueDeclarePassive(QUEUE).getMessageCount();
    }

    /** Takes one; null if there is none. */
    @Nullable GetResponse deadLetter() throws IOException {
        return Queues.exists(connection, QUEUE + ".dead") ? channel.basicGet(QUEUE + ".dead", true) : null;
    }

    void purgeQueue() throws IOException {
        channel.queuePurge(QUEUE);
    }

    @Override
    public void close() throws IOException {
        connection.close();
        broker.close();
        postgres.close();
    }
}
