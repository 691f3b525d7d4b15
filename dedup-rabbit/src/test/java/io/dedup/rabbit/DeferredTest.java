package io.dedup.rabbit;

import static io.dedup.rabbit.Shop.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import com.rabbitmq.client.AMQP.BasicProperties;
import com.rabbitmq.client.GetResponse;
import io.dedup.LaneKey;
import io.dedup.test.RequiresRabbitMq;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Handlers that say what is to be written, and have it written with what others want. */
@RequiresRabbitMq
@Timeout(90)
class DeferredTest extends WithShop {

    private static final String SAVE = "INSERT INTO orders VALUES (?, ?)";

    private void publishAll(int count) throws Exception {
        for (int i = 0; i < count; i++) {
            BasicProperties properties = new BasicProperties.Builder()
                    .messageId("order " + i)
                    .headers(Map.of("account", i % 5))
                    .build();
            shop.publish(properties, "{}");
        }
    }

    @Test
    void whatMessagesWantWrittenIsWrittenOnce() throws Exception {
        publishAll(60);
        publishAll(60);
        try (DedupConsumer consumer = shop.consumer()
                .concurrency(3)
                .lane(LaneKey.header("account"))
                .startDeferred((writes, delivery) ->
                        writes.add(SAVE, shop.queue, delivery.getProperties().getMessageId()))) {
            shop.awaitDone(120);
            shop.assertEmptyAfter(consumer);
        }
        assertThat(shop.effects()).isEqualTo(60);
        assertThat(shop.keys()).isEqualTo(60);
        assertThat(shop.doubled()).isZero();
    }

    @Test
    void workersWhoseMessagesTouchTheSameRowsGetEverySumRight() throws Exception {
        shop.execute("CREATE TABLE balance AS SELECT n::text AS account, 0 AS amount FROM generate_series(0, 4) AS n");
        publishAll(400);
        try (DedupConsumer consumer = shop.consumer()
                .concurrency(4)
                .startDeferred(LaneKey.header("account"), (writes, delivery) -> {
                    String account =
                            String.valueOf(delivery.getProperties().getHeaders().get("account"));
                    writes.add(SAVE, shop.queue, delivery.getProperties().getMessageId());
                    writes.add("UPDATE balance SET amount = amount + ? WHERE account = ?", 1, account);
                })) {
            shop.awaitDone(400);
            shop.assertEmptyAfter(consumer);
        }
        assertThat(shop.effects()).isEqualTo(400);
        assertThat(shop.count("SELECT count(*) FROM balance WHERE amount = 80")).isEqualTo(5);
    }

    @Test
    void aStatementThatFailsIsItsMessagesFailureAndNobodyElses() throws Exception {
        publishAll(30);
        CountDownLatch allAreThere = new CountDownLatch(1);
        List<String> calls = new CopyOnWriteArrayList<>();
        try (DedupConsumer consumer = shop.consumer().maxAttempts(1).startDeferred((writes, delivery) -> {
            allAreThere.await(10, TimeUnit.SECONDS);
            String id = delivery.getProperties().getMessageId();
            calls.add(id);
            writes.add(SAVE, shop.queue, id);
            if (id.equals("order 17")) {
                writes.add("UPDATE orders SET queue = (1 / ?)::text WHERE queue = ?", 0, shop.queue);
            }
        })) {
            eventually().until(() -> shop.ready() == 0);
            allAreThere.countDown();
            eventually().until(() -> shop.publisher.messageCount(shop.queue + ".dead") == 1);
            eventually().until(() -> shop.effects() == 29);
            shop.assertEmptyAfter(consumer);
        }
        GetResponse dead = shop.deadLetter();
        assertThat(dead).isNotNull();
        assertThat(dead.getProps().getMessageId()).isEqualTo("order 17");
        assertThat(dead.getProps().getHeaders().get("x-dedup-exception-message").toString())
                .contains("division by zero");
        assertThat(calls).as("its group's, and then each alone").hasSizeGreaterThan(30);
        assertThat(shop.keys()).isEqualTo(29);
    }
}
