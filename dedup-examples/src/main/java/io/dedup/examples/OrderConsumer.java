package io.dedup.examples;

import com.rabbitmq.client.ConnectionFactory;
import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.dedup.ConsumerState;
import io.dedup.Deduplicator;
import io.dedup.MessageIdResolver;
import io.dedup.rabbit.DedupConsumer;
import java.io.IOException;
import java.net.URI;
import java.util.concurrent.TimeUnit;
import javax.sql.DataSource;

/** The README's example, whole: books each order of the queue {@code orders} exactly once. */
public final class OrderConsumer {

    private OrderConsumer() {}

    static DedupConsumer start(ConnectionFactory broker, DataSource dataSource, String queue) {
        Deduplicator dedup = Deduplicator.create(dataSource);
        dedup.admin().migrate();
        return DedupConsumer.builder(broker, dedup, queue)
                .messageId(MessageIdResolver.property().orHeader("x-event-id"))
                .concurrency(4)
                .start(new OrderHandler());
    }

    /**
     * Consumes until Enter is pressed. The queue and the handler's tables must exist.
     *
     * @param args a JDBC URL and an AMQP URI
     * @throws Exception that says what is wrong with them
     */
    public static void main(String[] args) throws Exception {
        HikariConfig pool = new HikariConfig();
        pool.setJdbcUrl(args[0]);
        ConnectionFactory broker = new ConnectionFactory();
        broker.setUri(URI.create(args[1]));
        try (HikariDataSource dataSource = new HikariDataSource(pool);
                DedupConsumer consumer = start(broker, dataSource, "orders")) {
            awaitEnter(consumer);
        }
    }

    private static void awaitEnter(DedupConsumer consumer) throws IOException, InterruptedException {
        while (consumer.state().phase() != ConsumerState.Phase.CLOSED && System.in.available() == 0) {
            TimeUnit.MILLISECONDS.sleep(200);
        }
    }
}
