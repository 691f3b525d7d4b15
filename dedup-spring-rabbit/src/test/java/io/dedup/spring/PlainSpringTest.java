package io.dedup.spring;

import static io.dedup.rabbit.Shop.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import io.dedup.Deduplicator;
import io.dedup.rabbit.Shop;
import io.dedup.test.BrokerServer;
import io.dedup.test.Database;
import io.dedup.test.ServersExtension;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicInteger;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.amqp.core.Message;
import org.springframework.amqp.rabbit.annotation.EnableRabbit;
import org.springframework.amqp.rabbit.connection.CachingConnectionFactory;
import org.springframework.amqp.rabbit.connection.ConnectionFactory;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.context.annotation.AnnotationConfigApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.PlatformTransactionManager;

/** The configuration that {@code docs/spring.md} shows. */
@ExtendWith(ServersExtension.class)
@Timeout(60)
class PlainSpringTest {

    @Configuration
    @EnableRabbit
    static class DedupConfiguration {

        @Bean
        DedupRabbitListenerContainerFactory dedupRabbitListenerContainerFactory(
                ConnectionFactory rabbit, DataSource dataSource, PlatformTransactionManager transactions) {
            Deduplicator dedup = Deduplicator.create(dataSource);
            dedup.admin().migrate();
            var factory = new DedupRabbitListenerContainerFactory(Protection.of(dedup, transactions, dataSource));
            factory.setConnectionFactory(rabbit);
            return factory;
        }
    }

    static class Orders {

        private final AtomicInteger runs = new AtomicInteger();

        @Autowired
        private JdbcTemplate jdbc;

        @DedupRabbitListener(queues = "${queue}")
        void on(Message order) {
            runs.incrementAndGet();
            jdbc.update(
                    "INSERT INTO orders VALUES (?, ?)",
                    order.getMessageProperties().getConsumerQueue(),
                    order.getMessageProperties().getMessageId());
        }
    }

    @Test
    void tenLinesProtectAListener(BrokerServer broker, Database database) throws Exception {
        try (Shop shop = new Shop(broker, database);
                var context = new AnnotationConfigApplicationContext()) {
            System.setProperty("queue", shop.queue);
            context.registerBean(DataSource.class, () -> shop.pool);
            context.registerBean(JdbcTemplate.class, () -> new JdbcTemplate(shop.pool));
            context.registerBean(PlatformTransactionManager.class, () -> new JdbcTransactionManager(shop.pool));
            context.registerBean(
                    ConnectionFactory.class, () -> new CachingConnectionFactory(broker.connectionFactory()));
            context.register(DedupConfiguration.class, Orders.class);
            context.refresh();
            shop.publish("1");
            shop.publish("1");
            shop.publish("2");
            eventually().until(() -> shop.effects() == 2);
            assertThat(shop.keys()).isEqualTo(2);
            context.close();
            eventually().until(() -> shop.ready() == 0);
        } finally {
            System.clearProperty("queue");
        }
    }

    @Test
    void theyAreTheOnesOfThePage() throws Exception {
        String page = Files.readString(Path.of("../docs/spring.md"));
        String shown =
                page.substring(page.indexOf("@Configuration"), page.indexOf("```\n", page.indexOf("@Configuration")));
        String tested = Files.readString(Path.of("src/test/java/io/dedup/spring/PlainSpringTest.java"));
        assertThat(tested.replace("static class", "class")).containsIgnoringWhitespaces(shown);
    }
}
