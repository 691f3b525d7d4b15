package io.dedup.rabbit;

import static org.assertj.core.api.Assertions.assertThat;

import com.rabbitmq.client.AMQP.BasicProperties;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.ConnectionFactory;
import com.rabbitmq.client.GetResponse;
import com.zaxxer.hikari.HikariDataSource;
import io.dedup.DedupListener;
import io.dedup.Deduplicator;
import io.dedup.Outcome;
import io.dedup.Result;
import io.dedup.amqp.Queues;
import io.dedup.test.BrokerServer;
import io.dedup.test.Database;
import java.nio.charset.StandardCharsets;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;
import org.jspecify.annotations.Nullable;

/** A queue of orders, the table they go to, and a publisher. */
public final class Shop implements AutoCloseable {

    /** Of failed attempts, those that still count. */
    public static final String NOT_PROCESSED = " AND NOT EXISTS (SELECT FROM processed_message AS m"
            + " WHERE m.consumer = a.consumer AND m.message_id = a.message_id)";

    public final HikariDataSource pool = new HikariDataSource();
    public final Deduplicator dedup;
    public final Connection connection;
    public final Connection publishing;
    public final Channel publisher;
    public final String queue = "orders-" + UUID.randomUUID();
    private final BrokerServer broker;
    private final AtomicInteger done = new AtomicInteger();

    public Shop(BrokerServer broker, Database database) throws Exception {
        this.broker = broker;
        pool.setJdbcUrl(database.jdbcUrl());
        pool.setMaximumPoolSize(20);
        dedup = Deduplicator.builder(pool)
                .listener(new DedupListener() {
                    @Override
                    public void onResult(Result result) {
                        if (result.outcome().isDone() || result.outcome() == Outcome.DIFFERENT_BODY) {
                            done.incrementAndGet();
                        }
                    }
                })
                .build();
        dedup.admin().migrate();
        execute("CREATE TABLE IF NOT EXISTS orders (queue text, message_id text)");
        connection = broker.connectionFactory().newConnection();
        publishing = broker.connectionFactory().newConnection();
        publisher = publishing.createChannel();
        publisher.confirmSelect();
        declare(queue);
    }

    public void declare(String name) throws Exception {
        boolean rabbit = broker.isRabbitMq();
        publisher.queueDeclare(name, true, false, false, rabbit ? Map.of("x-queue-type", "quorum") : Map.of());
    }

    /** Quick pauses, so that what comes again comes soon. */
    public DedupConsumerBuilder consumer() {
        return consumer(connection);
    }

    public DedupConsumerBuilder consumer(Connection from) {
        return DedupConsumer.builder(from, publishing, dedup, queue)
                .pause(Duration.ofMillis(50), Duration.ofMillis(400));
    }

    /** One that recovers as fast as a test wants. */
    public static Connection recovering(ConnectionFactory factory) throws Exception {
        factory.setNetworkRecoveryInterval(100);
        return factory.newConnection();
    }

    public void publish(String messageId) throws Exception {
        publish(new BasicProperties.Builder().messageId(messageId).build(), "{}");
    }

    public void publish(BasicProperties properties, String body) throws Exception {
        BasicProperties persistent = properties.builder().deliveryMode(2).build();
        publisher.basicPublish("", queue, true, persistent, body.getBytes(StandardCharsets.UTF_8));
        publisher.waitForConfirmsOrDie(10_000);
    }

    public DeliveryHandler save() {
        return (tx, delivery) -> save(tx, delivery.getProperties().getMessageId());
    }

    public void save(java.sql.Connection tx, String messageId) throws SQLException {
        try (PreparedStatement insert = tx.prepareStatement("INSERT INTO orders VALUES (?, ?)")) {
            insert.setString(1, queue);
            insert.setString(2, messageId);
            insert.executeUpdate();
        }
    }

    public long effects() {
        return count("SELECT count(*) FROM orders WHERE queue = '" + queue + "'");
    }

    public long keys() {
        return count("SELECT count(*) FROM processed_message WHERE consumer = '" + queue + "'");
    }

    public long doubled() {
        return count("SELECT count(*) FROM (SELECT FROM orders WHERE queue = '" + queue
                + "' GROUP BY message_id HAVING count(*) > 1) AS twice");
    }

    /** Ready messages; those that a consumer holds unacknowledged are not among them. */
    public long ready() throws Exception {
        return publisher.messageCount(queue);
    }

    public @Nullable GetResponse deadLetter() throws Exception {
        return publisher.basicGet(queue + ".dead", true);
    }

    /** One that wants its answer in a queue. */
    public static BasicProperties request(String id, String correlation, String answers) {
        return new BasicProperties.Builder()
                .messageId(id)
                .correlationId(correlation)
                .replyTo(answers)
                .build();
    }

    /** The only one that is there, a text; takes it. */
    public void assertAnswer(String answers, String body, String correlation) throws Exception {
        eventually().until(() -> publisher.messageCount(answers) == 1);
        GetResponse answer = publisher.basicGet(answers, true);
        assertThat(new String(answer.getBody(), StandardCharsets.UTF_8)).isEqualTo(body);
        assertThat(answer.getProps().getCorrelationId()).isEqualTo(correlation);
        assertThat(answer.getProps().getContentType()).isEqualTo("text/plain");
    }

    /** Until so many attempts have ended for good; the acks follow at once. */
    public void awaitDone(int attempts) {
        eventually().until(() -> done.get() >= attempts);
    }

    /** Closes the consumer first, so that what it held unacknowledged shows. */
    public void assertEmptyAfter(DedupConsumer consumer) {
        consumer.close();
        eventually().until(() -> ready() == 0);
        eventually().during(Duration.ofMillis(300)).until(() -> ready() == 0);
    }

    public BrokerServer broker() {
        return broker;
    }

    public static ConditionFactory eventually() {
        return Awaitility.await().atMost(30, TimeUnit.SECONDS).pollInterval(Duration.ofMillis(20));
    }

    public long count(String sql) {
        try (var read = pool.getConnection();
                var statement = read.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            row.next();
            return row.getLong(1);
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    public void execute(String sql) {
        try (var write = pool.getConnection();
                var statement = write.createStatement()) {
            statement.execute(sql);
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void close() throws Exception {
        try (Connection cleanup = broker.connectionFactory().newConnection()) {
            for (String each : new String[] {queue, queue + ".dead"}) {
                if (Queues.exists(cleanup, each)) { // RabbitMQ would not mind, other brokers do
                    cleanup.createChannel().queueDelete(each);
                }
            }
        }
        connection.abort();
        publishing.abort();
        pool.close();
    }
}
