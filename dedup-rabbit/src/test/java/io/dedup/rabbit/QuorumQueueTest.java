package io.dedup.rabbit;

import static io.dedup.rabbit.Shop.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import io.dedup.test.BrokerServer;
import io.dedup.test.Database;
import io.dedup.test.RequiresRabbitMq;
import io.dedup.test.ServersExtension;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** Trap 11: a quorum queue drops what has come back too often. */
@ExtendWith(ServersExtension.class)
@RequiresRabbitMq
@Timeout(90)
class QuorumQueueTest {

    private Shop shop;

    @BeforeEach
    void open(BrokerServer broker, Database database) throws Exception {
        shop = new Shop(broker, database);
        shop.publisher.queueDelete(shop.queue);
        // As RabbitMQ 4 has it by default; 3.x has no limit unless asked.
        shop.publisher.queueDeclare(
                shop.queue, true, false, false, Map.of("x-queue-type", "quorum", "x-delivery-limit", 20));
    }

    @AfterEach
    void close() throws Exception {
        shop.close();
    }

    @Test
    void aMessageThatFailsMoreOftenThanTheDeliveryLimitAllowsIsNotDropped() throws Exception {
        AtomicInteger runs = new AtomicInteger();
        try (DedupConsumer consumer = shop.consumer()
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
}
