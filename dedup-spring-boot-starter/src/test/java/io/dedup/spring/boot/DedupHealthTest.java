package io.dedup.spring.boot;

import static org.assertj.core.api.Assertions.assertThat;

import io.dedup.ConsumerState;
import io.dedup.Deduplicator;
import io.dedup.rabbit.DedupConsumer;
import io.dedup.spring.boot.BootLine.Health;
import io.dedup.test.BrokerServer;
import io.dedup.test.Database;
import io.dedup.test.ServersExtension;
import java.sql.Connection;
import java.sql.Statement;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import javax.sql.DataSource;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.amqp.rabbit.annotation.RabbitListener;
import org.springframework.amqp.rabbit.listener.RabbitListenerEndpointRegistry;
import org.springframework.context.annotation.Configuration;

@ExtendWith(ServersExtension.class)
class DedupHealthTest {

    private final Database database;

    DedupHealthTest(Database database) {
        this.database = database;
    }

    @Test
    void itIsUpWhileAMessageCouldBeClaimedAndDownWhenTheTableIsGone() {
        Contexts.on(database).run(context -> {
            assertThat(Health.of(context)).isEqualTo(new Health("UP", Map.of()));
            assertThat(context.getBean(Deduplicator.class).admin().size().rows())
                    .as("it leaves nothing behind")
                    .isZero();

            try (Connection connection = context.getBean(DataSource.class).getConnection();
                    Statement drop = connection.createStatement()) {
                drop.execute("DROP TABLE processed_message");
            }
            Health health = Health.of(context);
            assertThat(health.status()).isEqualTo("DOWN");
            assertThat(health.details().get("error").toString()).contains("processed_message");
        });
    }

    @Test
    void itTellsOfTheConsumersOfPlainAmqpClientToo(BrokerServer broker) throws Exception {
        String queue = "health-" + UUID.randomUUID();
        try (com.rabbitmq.client.Connection connection =
                broker.connectionFactory().newConnection()) {
            connection.createChannel().queueDeclare(queue, true, false, false, Map.of());
            Contexts.on(database)
                    .withBean(
                            "orders",
                            DedupConsumer.class,
                            () -> DedupConsumer.builder(
                                            broker.connectionFactory(),
                                            Deduplicator.create(database.dataSource()),
                                            queue)
                                    .start((tx, delivery) -> {}))
                    .withInitializer(context ->
                            Deduplicator.create(database.dataSource()).admin().migrate())
                    .run(context -> {
                        Health health = Health.of(context);
                        assertThat(health.status()).isEqualTo("UP");
                        assertThat(health.details().keySet()).isEqualTo(Set.of("orders"));
                        assertThat(health.details().get("orders"))
                                .asInstanceOf(InstanceOfAssertFactories.type(ConsumerState.class))
                                .extracting(ConsumerState::phase)
                                .isEqualTo(ConsumerState.Phase.RUNNING);
                        context.getBean(DedupConsumer.class).close();
                        assertThat(Health.of(context).status()).isEqualTo("DOWN");
                    });
        }
    }

    @Test
    void itTellsOfTheListenersContainersToo(BrokerServer broker) {
        String queue = "health-" + UUID.randomUUID();
        Contexts.listening(database, broker, queue)
                .withUserConfiguration(TwoListeners.class)
                .withPropertyValues("dedup.rabbit.all-listeners=true")
                .run(context -> {
                    Health health = Health.of(context);
                    assertThat(health.status()).isEqualTo("UP");
                    assertThat(health.details().keySet()).isEqualTo(Set.of(queue, queue + " (two)"));
                    assertThat(health.details().values())
                            .extracting(state -> ((ConsumerState) state).phase())
                            .containsOnly(ConsumerState.Phase.RUNNING);
                    context.getBean(RabbitListenerEndpointRegistry.class).stop();
                    assertThat(Health.of(context).status())
                            .as("stopped on purpose")
                            .isEqualTo("UP");
                    assertThat(Health.of(context).details().values())
                            .extracting(state -> ((ConsumerState) state).phase())
                            .containsOnly(ConsumerState.Phase.CLOSED);
                });
    }

    @Configuration(proxyBeanMethods = false)
    static class TwoListeners {

        @RabbitListener(id = "one", queues = "${queue}")
        void one(String body) {}

        @RabbitListener(id = "two", queues = "${queue}")
        void two(String body) {}
    }

    @Test
    void itCanBeSwitchedOff() {
        Contexts.on(database)
                .withPropertyValues("management.health.dedup.enabled=false")
                .run(context -> assertThat(Health.isIn(context)).isFalse());
    }
}
