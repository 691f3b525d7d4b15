package io.dedup.rabbit;

import static io.dedup.rabbit.Shop.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import com.rabbitmq.client.Delivery;
import com.rabbitmq.client.GetResponse;
import io.dedup.test.RequiresRabbitMq;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Waiting messages share transactions. */
@RequiresRabbitMq
@Timeout(90)
class GroupTest extends WithShop {

    private final List<String> calls = new CopyOnWriteArrayList<>();
    private final Layer counting = call -> {
        calls.add(call.name().equals("basicAck") ? "basicAck multiple=" + call.argument(1) : call.name());
        return call.proceed();
    };

    private void publishAll(int count) throws Exception {
        for (int i = 0; i < count; i++) {
            shop.publish("order " + i);
        }
    }

    /** All that wait are there before the first is worked on. */
    private DeliveryHandler saveOnceAllHaveCome() {
        CountDownLatch first = new CountDownLatch(1);
        return (tx, delivery) -> {
            if (first.getCount() > 0) {
                first.countDown();
                eventually().until(() -> shop.ready() == 0);
                Thread.sleep(100); // from the broker's hands into ours
            }
            shop.save(tx, delivery.getProperties().getMessageId());
        };
    }

    @Test
    void messagesThatWaitShareTransactionsAndAcknowledgements() throws Exception {
        publishAll(60);
        try (DedupConsumer consumer = shop.consumer(Tapped.of(shop.connection, counting))
                .maxGroup(100)
                .start(saveOnceAllHaveCome())) {
            shop.awaitDone(60);
            shop.assertEmptyAfter(consumer);
        }
        assertThat(shop.effects()).isEqualTo(60);
        assertThat(shop.keys()).isEqualTo(60);
        assertThat(shop.doubled()).isZero();
        assertThat(calls.stream().filter(call -> call.startsWith("basicAck")))
                .hasSizeLessThan(10)
                .contains("basicAck multiple=true");
    }

    @Test
    void oneByOneIsWhatHappensIfNobodyAsksForGroups() throws Exception {
        publishAll(20);
        try (DedupConsumer consumer =
                shop.consumer(Tapped.of(shop.connection, counting)).start(saveOnceAllHaveCome())) {
            shop.awaitDone(20);
            shop.assertEmptyAfter(consumer);
        }
        assertThat(calls.stream().filter(call -> call.startsWith("basicAck"))).hasSize(20);
    }

    @Test
    void poisonInAGroupIsPutAsideAndItsNeighboursAreProcessed() throws Exception {
        publishAll(30);
        DeliveryHandler save = saveOnceAllHaveCome();
        try (DedupConsumer consumer = shop.consumer()
                .maxGroup(30)
                .maxAttempts(2)
                .start((tx, delivery) -> {
                    save.handle(tx, delivery);
                    if (delivery.getProperties().getMessageId().equals("order 17")) {
                        throw new IllegalStateException("poison");
                    }
                })) {
            eventually().until(() -> shop.effects() == 29);
            eventually().until(() -> shop.publisher.messageCount(shop.queue + ".dead") == 1);
            shop.assertEmptyAfter(consumer);
        }
        GetResponse dead = shop.deadLetter();
        assertThat(dead).isNotNull();
        assertThat(dead.getProps().getMessageId()).isEqualTo("order 17");
        assertThat(shop.keys()).isEqualTo(29);
    }

    /** Trap 9: what waits for its next attempt is older than what is acknowledged meanwhile. */
    @Test
    void multipleNeverAcknowledgesWhatWaitsForItsNextAttempt() throws Exception {
        publishAll(20); // fewer than the 32 acknowledgements in a row that a quorum queue's channel may drop when it
        // closes
        Set<String> failed = new HashSet<>();
        try (DedupConsumer consumer = shop.consumer()
                .pause(Duration.ofMinutes(18), Duration.ofMinutes(19))
                .maxGroup(20)
                .start((tx, delivery) -> {
                    String id = delivery.getProperties().getMessageId();
                    if (id.equals("order 3") || id.equals("order 15")) {
                        failed.add(id);
                        throw new IllegalStateException("not yet");
                    }
                    shop.save(tx, id);
                })) {
            eventually().until(() -> shop.effects() == 18 && failed.size() == 2);
            consumer.close();
        }
        eventually().untilAsserted(() -> assertThat(shop.ready()).isEqualTo(2));
        assertThat(shop.deadLetter()).isNull();
    }

    @Test
    void aBatchHandlerGetsWhatIsNewAndNothingTwice() throws Exception {
        publishAll(50);
        publishAll(10);
        List<Integer> sizes = new CopyOnWriteArrayList<>();
        AtomicInteger handed = new AtomicInteger();
        try (DedupConsumer consumer = shop.consumer().concurrency(2).startBatch((tx, fresh) -> {
            sizes.add(fresh.size());
            handed.addAndGet(fresh.size());
            for (Delivery delivery : fresh) {
                shop.save(tx, delivery.getProperties().getMessageId());
            }
            fresh.clear(); // as a careless application might
        })) {
            shop.awaitDone(60);
            shop.assertEmptyAfter(consumer);
        }
        assertThat(shop.effects()).isEqualTo(50);
        assertThat(shop.doubled()).isZero();
        assertThat(handed).hasValue(50);
        assertThat(sizes).anyMatch(size -> size > 1).doesNotContain(0);
    }

    /** Trap 18: no lanes, rows in any order. It stood still in the prototype that the design speaks of. */
    @Test
    void groupsThatFightForRowsStillGetThrough() throws Exception {
        shop.execute("CREATE TABLE IF NOT EXISTS balances (id int PRIMARY KEY, amount int NOT NULL)");
        shop.execute("INSERT INTO balances SELECT id, 0 FROM generate_series(0, 19) AS id ON CONFLICT DO NOTHING");
        long before = shop.count("SELECT sum(amount) FROM balances");
        publishAll(1_000);
        try (DedupConsumer consumer = shop.consumer()
                .concurrency(4)
                .maxGroup(50)
                .start((tx, delivery) -> {
                    shop.save(tx, delivery.getProperties().getMessageId());
                    int row = delivery.getProperties().getMessageId().hashCode() & 15;
                    try (var update = tx.createStatement()) {
                        update.execute("UPDATE balances SET amount = amount + 1 WHERE id = " + row);
                    }
                })) {
            eventually().atMost(60, TimeUnit.SECONDS).until(() -> shop.effects() == 1_000);
            shop.assertEmptyAfter(consumer);
        }
        assertThat(shop.count("SELECT sum(amount) FROM balances") - before).isEqualTo(1_000);
        assertThat(shop.doubled()).isZero();
        assertThat(shop.deadLetter()).as("a collision is nobody's failure").isNull();
    }

    @Test
    void aMessageWithoutIdInTheMiddleOfAGroupIsPutAsideAlone() throws Exception {
        List<String> ids = new ArrayList<>(
                IntStream.range(0, 9).mapToObj(i -> "order " + i).toList());
        ids.add(4, "");
        for (String id : ids) {
            shop.publish(id);
        }
        try (DedupConsumer consumer = shop.consumer().maxGroup(20).start(shop.save())) {
            shop.awaitDone(9);
            eventually().until(() -> shop.publisher.messageCount(shop.queue + ".dead") == 1);
            shop.assertEmptyAfter(consumer);
        }
        assertThat(shop.effects()).isEqualTo(9);
    }
}
