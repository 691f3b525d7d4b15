package io.dedup.examples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.rabbitmq.client.Connection;
import com.zaxxer.hikari.HikariDataSource;
import io.dedup.ConsumerState;
import io.dedup.rabbit.DedupConsumer;
import io.dedup.test.BrokerServer;
import io.dedup.test.Database;
import io.dedup.test.ServersExtension;
import java.math.BigDecimal;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(ServersExtension.class)
class OrderConsumerTest {

    @Test
    void the_readme_s_consumer_books_an_order_that_comes_twice_once(Database database, BrokerServer broker)
            throws Exception {
        Books.open(database.dataSource());
        Order order = new Order("a", 1, new BigDecimal("9.90"));
        Order next = new Order("b", 2, new BigDecimal("5.10"));
        try (HikariDataSource pool = new HikariDataSource();
                Connection rabbit = broker.connectionFactory().newConnection();
                Topology topology = new Topology(rabbit)) {
            pool.setJdbcUrl(database.jdbcUrl());
            try (DedupConsumer consumer =
                    OrderConsumer.start(broker.connectionFactory(), pool, topology.dedupQueue())) {
                assertThat(consumer.state().phase()).isEqualTo(ConsumerState.Phase.RUNNING);
                OrderPublisher.publish(rabbit, topology.exchange(), List.of(order, order, next));
                await().until(() -> Books.read(pool).orders() == 2);
            }
            assertThat(topology.depth(topology.dedupQueue())).isZero();
        }
        BigDecimal sum = new BigDecimal("15.00");
        assertThat(Books.read(database.dataSource())).isEqualTo(new Books(2, 2, 0, sum, sum));
    }
}
