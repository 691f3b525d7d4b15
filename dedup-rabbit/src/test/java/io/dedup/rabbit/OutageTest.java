package io.dedup.rabbit;

import static io.dedup.rabbit.Shop.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import com.rabbitmq.client.Connection;
import io.dedup.ConsumerState;
import io.dedup.test.BrokerServer;
import io.dedup.test.PostgresServer;
import io.dedup.test.RequiresRabbitMq;
import io.dedup.test.RequiresRestart;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Servers that go away in the middle of the work. */
@Timeout(180)
class OutageTest extends WithShop {

    private Connection connection;

    @BeforeEach
    void open(BrokerServer broker) throws Exception {
        shop.pool.setConnectionTimeout(1_000);
        connection = Shop.recovering(broker.connectionFactory());
    }

    @AfterEach
    void close() throws Exception {
        connection.abort();
    }

    @Test
    @RequiresRabbitMq
    @RequiresRestart(BrokerServer.class)
    void theBrokerIsKilledAndRestartedInTheMiddleOfTwoThousandMessages(BrokerServer broker) throws Exception {
        publish(2_000);
        try (DedupConsumer consumer =
                shop.consumer(connection).concurrency(4).prefetch(50).start(shop.save())) {
            eventually().until(() -> shop.effects() >= 500);
            broker.restart();
            eventually().until(() -> shop.effects() >= 2_000);
            consumer.close();
        }
        try (Connection again = broker.connectionFactory().newConnection();
                var channel = again.createChannel()) {
            eventually().until(() -> channel.messageCount(shop.queue) == 0);
        }
        assertThat(shop.effects()).isEqualTo(2_000);
        assertThat(shop.keys()).isEqualTo(2_000);
        assertThat(shop.doubled()).isZero();
    }

    @Test
    @RequiresRestart(PostgresServer.class)
    void theDatabaseIsKilledAndComesBackAndNothingIsLostOrDeadLettered(PostgresServer postgres) throws Exception {
        publish(300);
        try (DedupConsumer consumer = shop.consumer(connection)
                .concurrency(4)
                .prefetch(10)
                .start((tx, delivery) -> {
                    Thread.sleep(5);
                    shop.save(tx, delivery.getProperties().getMessageId());
                })) {
            eventually().until(() -> shop.effects() >= 50);
            assertThat(consumer.state().phase()).isEqualTo(ConsumerState.Phase.RUNNING);
            postgres.kill();
            eventually().until(() -> consumer.state().phase() == ConsumerState.Phase.PAUSED);
            assertThat(consumer.state().reason()).isNotBlank();
            eventually().until(() -> shop.ready() >= 200); // what was in flight is back in the queue
            postgres.startAgain();
            eventually().until(() -> consumer.state().phase() == ConsumerState.Phase.RUNNING);
            eventually().ignoreExceptions().until(() -> shop.effects() >= 300);
            shop.assertEmptyAfter(consumer);
        }
        assertThat(shop.effects()).isEqualTo(300);
        assertThat(shop.doubled()).isZero();
        assertThat(shop.deadLetter()).isNull();
        assertThat(shop.count("SELECT count(*) FROM processed_message_attempt"))
                .as("failures counted for trouble that was not the handler's")
                .isZero();
    }

    @Test
    @RequiresRabbitMq // which tells a consumer that its queue is gone
    void aQueueThatIsDeletedAndDeclaredAnewIsConsumedAgain() throws Exception {
        try (DedupConsumer consumer = shop.consumer(connection).start(shop.save())) {
            shop.publish("1");
            eventually().until(() -> shop.effects() == 1);
            shop.publisher.queueDelete(shop.queue);
            Thread.sleep(300);
            shop.declare(shop.queue);
            shop.publish("2");
            eventually().until(() -> shop.effects() == 2);
            shop.assertEmptyAfter(consumer);
        }
    }

    @Test
    void aConnectionThatIsClosedForGoodEndsTheConsumer() throws Exception {
        try (DedupConsumer consumer = shop.consumer(connection).start(shop.save())) {
            connection.close();
            eventually().until(() -> consumer.state().phase() == ConsumerState.Phase.CLOSED);
        }
    }

    private void publish(int messages) throws Exception {
        for (int i = 0; i < messages; i++) {
            shop.publisher.basicPublish(
                    "",
                    shop.queue,
                    new com.rabbitmq.client.AMQP.BasicProperties.Builder()
                            .messageId("order " + i)
                            .deliveryMode(2)
                            .build(),
                    new byte[100]);
        }
        shop.publisher.waitForConfirmsOrDie(60_000);
    }
}
