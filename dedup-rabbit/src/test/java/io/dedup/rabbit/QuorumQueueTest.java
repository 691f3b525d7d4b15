package io.dedup.rabbit;

import static io.dedup.rabbit.Shop.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import com.rabbitmq.client.Connection;
import io.dedup.test.BrokerServer;
import io.dedup.test.RequiresRabbitMq;
import io.dedup.test.TcpProxy;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Trap 11: a quorum queue drops what has come back too often. */
@RequiresRabbitMq
@Timeout(90)
class QuorumQueueTest extends WithShop {

    @BeforeEach
    void open() throws Exception {
        shop.publisher.queueDelete(shop.queue);
        // As RabbitMQ 4 has it by default; 3.x has no limit unless asked.
        shop.publisher.queueDeclare(
                shop.queue, true, false, false, Map.of("x-queue-type", "quorum", "x-delivery-limit", 20));
    }

    @Test
    void aMessageThatFailsMoreOftenThanTheDeliveryLimitAllowsIsNotDropped() throws Exception {
        AtomicInteger runs = new AtomicInteger();
        try (DedupConsumer consumer = shop.consumer()
                .maxAttempts(1000)
                .pause(Duration.ofMillis(10), Duration.ofMillis(20))
                .start((tx, delivery) -> {
                    if (runs.incrementAndGet() <= 40) {
                        throw new IllegalStateException("attempt " + runs);
                    }
                    shop.save(tx, delivery.getProperties().getMessageId());
                })) {
            shop.publish("1");
            eventually().until(() -> shop.effects() == 1);
            shop.assertEmptyAfter(consumer);
        }
        assertThat(runs).hasValue(41);
    }

    /**
     * Each end of a connection counts up to once for each channel that consumes the queue. With a channel for each of four
     * workers, twelve cuts had RabbitMQ drop 39 to 52 of 100 messages.
     */
    @Test
    void aDozenCutsOfTheConnectionLoseNothingWhereFourWorkersConsume(BrokerServer broker) throws Exception {
        for (int i = 0; i < 100; i++) {
            shop.publish("order " + i);
        }
        try (TcpProxy proxy = TcpProxy.to(broker.host(), broker.port());
                Connection shaky = Shop.recovering(broker.connectionFactory(proxy));
                DedupConsumer consumer = shop.consumer(shaky).concurrency(4).start((tx, delivery) -> {
                    Thread.sleep(500);
                    shop.save(tx, delivery.getProperties().getMessageId());
                })) {
            for (int cut = 0; cut < 12; cut++) {
                Thread.sleep(700);
                proxy.cut();
            }
            eventually().until(() -> shop.effects() + shop.publisher.messageCount(shop.queue + ".dead") >= 100);
            shop.assertEmptyAfter(consumer);
        }
        assertThat(shop.deadLetter()).isNull();
        assertThat(shop.effects()).isEqualTo(100);
        assertThat(shop.doubled()).isZero();
    }

    /** A handler that kills its process leaves no count of failures; here it cuts the connection, which looks the same. */
    @Test
    void aMessageThatComesBackAgainAndAgainWithoutAnEndIsPutAsideBeforeTheBrokerDropsIt(BrokerServer broker)
            throws Exception {
        shop.publish("deadly");
        shop.consumer()
                .start((tx, delivery) -> {
                    throw new IllegalStateException("declares the dead-letter queue");
                })
                .close();
        for (int process = 0; process < 25 && shop.publisher.messageCount(shop.queue + ".dead") == 0; process++) {
            var connection = broker.connectionFactory().newConnection();
            AtomicInteger started = new AtomicInteger();
            DedupConsumer consumer = shop.consumer(connection).start((tx, delivery) -> {
                started.incrementAndGet();
                connection.abort();
                throw new IllegalStateException("the process would be gone");
            });
            eventually().until(() -> started.get() > 0 || shop.publisher.messageCount(shop.queue + ".dead") == 1);
            connection.abort();
            consumer.close();
            shop.execute("DELETE FROM processed_message_attempt"); // which a dead process would not have written
        }
        assertThat(shop.deadLetter()
                        .getProps()
                        .getHeaders()
                        .get("x-dedup-reason")
                        .toString())
                .contains("came back 18 times");
    }
}
