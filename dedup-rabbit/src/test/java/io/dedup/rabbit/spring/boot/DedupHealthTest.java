package io.dedup.rabbit.spring.boot;

import static org.assertj.core.api.Assertions.assertThat;

import io.dedup.Deduplicator;
import io.dedup.rabbit.ConsumerState;
import io.dedup.rabbit.DedupConsumer;
import io.dedup.test.BrokerServer;
import io.dedup.test.Database;
import io.dedup.test.ServersExtension;
import java.sql.Connection;
import java.sql.Statement;
import java.util.Map;
import java.util.UUID;
import javax.sql.DataSource;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.boot.health.contributor.Status;

@ExtendWith(ServersExtension.class)
class DedupHealthTest {

    private final Database database;

    DedupHealthTest(Database database) {
        this.database = database;
    }

    @Test
    void itIsUpWhileAMessageCouldBeClaimedAndDownWhenTheTableIsGone() {
        Contexts.on(database).run(context -> {
            HealthIndicator indicator = context.getBean("dedupHealthContributor", HealthIndicator.class);
            assertThat(indicator.health()).isEqualTo(Health.up().build());
            assertThat(context.getBean(Deduplicator.class).ledger().size().rows())
                    .as("it leaves nothing behind")
                    .isZero();

            try (Connection connection = context.getBean(DataSource.class).getConnection();
                    Statement drop = connection.createStatement()) {
                drop.execute("DROP TABLE processed_message");
            }
            Health health = indicator.health();
            assertThat(health.getStatus()).isEqualTo(Status.DOWN);
            assertThat(health.getDetails().get("error").toString()).contains("processed_message");
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
                            () -> DedupConsumer.builder(connection, Deduplicator.create(database.dataSource()), queue)
                                    .start((tx, delivery) -> {}))
                    .withInitializer(context ->
                            Deduplicator.create(database.dataSource()).migrate())
                    .run(context -> {
                        HealthIndicator indicator = context.getBean("dedupHealthContributor", HealthIndicator.class);
                        Health health = indicator.health();
                        assertThat(health.getStatus()).isEqualTo(Status.UP);
                        assertThat(health.getDetails())
                                .containsOnlyKeys("orders")
                                .extractingByKey("orders", InstanceOfAssertFactories.type(ConsumerState.class))
                                .extracting(ConsumerState::phase)
                                .isEqualTo(ConsumerState.Phase.RUNNING);
                        context.getBean(DedupConsumer.class).close();
                        assertThat(indicator.health().getStatus()).isEqualTo(Status.DOWN);
                    });
        }
    }

    @Test
    void itCanBeSwitchedOff() {
        Contexts.on(database)
                .withPropertyValues("management.health.dedup.enabled=false")
                .run(context -> assertThat(context).doesNotHaveBean(HealthIndicator.class));
    }
}
