package io.dedup.rabbit;

import static io.dedup.rabbit.Shop.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import com.rabbitmq.client.AMQP.BasicProperties;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.Delivery;
import com.rabbitmq.client.GetResponse;
import io.dedup.ConsumerState;
import io.dedup.Deduplicator;
import io.dedup.LaneKey;
import io.dedup.test.BrokerServer;
import io.dedup.test.TcpProxy;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Messages of one business entity go through one lane. */
@Timeout(90)
class LaneTest extends WithShop {

    private static final LaneKey ACCOUNT = LaneKey.header("account");

    private final Map<String, Set<String>> threads = new ConcurrentHashMap<>();
    private final Map<String, List<String>> order = new ConcurrentHashMap<>();

    private void publish(int number, String account) throws Exception {
        shop.publish(
                new BasicProperties.Builder()
                        .messageId("order " + number)
                        .headers(Map.of("account", account))
                        .build(),
                "{}");
    }

    private static String accountOf(Delivery delivery) {
        return delivery.getProperties().getHeaders().get("account").toString();
    }

    private void note(Delivery delivery) {
        String account = accountOf(delivery);
        threads.computeIfAbsent(account, a -> ConcurrentHashMap.newKeySet())
                .add(Thread.currentThread().getName());
        order.computeIfAbsent(account, a -> new CopyOnWriteArrayList<>())
                .add(delivery.getProperties().getMessageId());
    }

    private DedupConsumerBuilder lanes() {
        return shop.consumer().concurrency(4).lane(ACCOUNT);
    }

    @Test
    void messagesOfOneEntityAreProcessedInOrderByOneWorkerAndOthersByOthers() throws Exception {
        for (int i = 0; i < 200; i++) {
            publish(i, "account " + i % 20);
        }
        try (DedupConsumer consumer = lanes().maxGroup(10).start((tx, delivery) -> {
            note(delivery);
            shop.save(tx, delivery.getProperties().getMessageId());
        })) {
            shop.awaitDone(200);
            shop.assertEmptyAfter(consumer);
        }
        assertThat(shop.effects()).isEqualTo(200);
        assertThat(threads)
                .hasSize(20)
                .allSatisfy((account, its) -> assertThat(its).hasSize(1));
        assertThat(threads.values().stream().flatMap(Set::stream).distinct()).hasSizeGreaterThan(2);
        order.forEach((account, ids) ->
                assertThat(ids).isSortedAccordingTo(Comparator.comparing(id -> Integer.parseInt(id.substring(6)))));
    }

    /** Their acknowledgements are on one channel, and none may stand for what another lane has in work. */
    @Test
    void aSlowLaneKeepsItsMessageWhileAnotherOneAcknowledges() throws Exception {
        CountDownLatch slow = new CountDownLatch(1);
        publish(0, "slow");
        for (int i = 1; i <= 40; i++) {
            publish(i, "quick " + i);
        }
        publish(41, "slow");
        DedupConsumer consumer = lanes().maxGroup(20).start((tx, delivery) -> {
            if (accountOf(delivery).equals("slow")) {
                slow.await();
            }
            shop.save(tx, delivery.getProperties().getMessageId());
        });
        eventually().until(() -> shop.effects() >= 25); // those of the slow lane wait behind it
        Thread.sleep(200);
        consumer.close(Duration.ofMillis(1));
        eventually().until(() -> shop.publisher.consumerCount(shop.queue) == 0);
        Thread.sleep(200);
        Set<String> left = new HashSet<>();
        for (GetResponse next = shop.publisher.basicGet(shop.queue, true);
                next != null;
                next = shop.publisher.basicGet(shop.queue, true)) {
            left.add(next.getProps().getMessageId());
        }
        assertThat(left).contains("order 0", "order 41");
        for (int i = 0; i <= 41; i++) {
            String id = "order " + i;
            String saved = " WHERE queue = '" + shop.queue + "' AND message_id = '" + id + "'";
            assertThat(left.contains(id) || shop.count("SELECT count(*) FROM orders" + saved) == 1)
                    .as(id)
                    .isTrue();
        }
    }

    @Test
    void lanesWorkAtTheSameTime() throws Exception {
        CountDownLatch two = new CountDownLatch(2); // each worker waits inside for another one
        for (int i = 0; i < 16; i++) {
            publish(i, "account " + i);
        }
        try (DedupConsumer consumer = lanes().start((tx, delivery) -> {
            two.countDown();
            assertThat(two.await(20, TimeUnit.SECONDS)).isTrue();
            shop.save(tx, delivery.getProperties().getMessageId());
        })) {
            shop.awaitDone(16);
            shop.assertEmptyAfter(consumer);
        }
    }

    @Test
    void aLostConnectionLosesNothingAndEachEntityKeepsItsWorker(BrokerServer broker) throws Exception {
        try (TcpProxy proxy = TcpProxy.to(broker.host(), broker.port());
                Connection shaky = Shop.recovering(broker.connectionFactory(proxy))) {
            for (int i = 0; i < 300; i++) {
                publish(i, "account " + i % 10);
            }
            try (DedupConsumer consumer = shop.consumer(shaky)
                    .concurrency(4)
                    .prefetch(20)
                    .lane(ACCOUNT)
                    .maxGroup(5)
                    .start((tx, delivery) -> {
                        note(delivery);
                        Thread.sleep(2);
                        shop.save(tx, delivery.getProperties().getMessageId());
                    })) {
                for (int cut = 1; cut <= 3; cut++) {
                    int enough = cut * 70;
                    eventually().until(() -> shop.effects() >= enough);
                    proxy.cut();
                }
                eventually().until(() -> shop.effects() == 300);
                shop.assertEmptyAfter(consumer);
            }
        }
        assertThat(shop.doubled()).isZero();
        assertThat(threads).allSatisfy((account, its) -> assertThat(its).hasSize(1));
    }

    /** Its message comes again, to its own lane, and waits there for it. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aHandlerThatHangsAfterAnOutageHoldsUpNoOtherLane(boolean interruptedToo) throws Exception {
        AtomicBoolean away = new AtomicBoolean();
        CountDownLatch hanging = new CountDownLatch(1);
        CountDownLatch slow = new CountDownLatch(1);
        Set<Thread> others = ConcurrentHashMap.newKeySet();
        Deduplicator dedup = Deduplicator.create(Tapped.of(shop.pool, call -> {
            if (away.get() && call.name().equals("getConnection")) {
                throw new SQLException("away", "08001");
            }
            return call.proceed();
        }));
        try (DedupConsumer consumer = DedupConsumer.builder(shop.connection, shop.publishing, dedup, shop.queue)
                .pause(Duration.ofMillis(50), Duration.ofMillis(400))
                .concurrency(4)
                .lane(ACCOUNT)
                .start((tx, delivery) -> {
                    note(delivery);
                    if (accountOf(delivery).equals("slow")) {
                        others.remove(Thread.currentThread());
                        hanging.countDown();
                        slow.await();
                    } else {
                        others.add(Thread.currentThread());
                    }
                    shop.save(tx, delivery.getProperties().getMessageId());
                })) {
            for (int i = 1; i <= 20; i++) {
                publish(i, "quick " + i);
            }
            eventually().until(() -> shop.effects() == 20);
            publish(0, "slow");
            hanging.await();
            away.set(true);
            for (int i = 21; i <= 40; i++) {
                publish(i, "quick " + (i - 20));
            }
            eventually().until(() -> consumer.state().phase() == ConsumerState.Phase.PAUSED);
            Thread.sleep(500); // until all but one have left their channel
            if (interruptedToo) {
                others.forEach(Thread::interrupt);
            }
            away.set(false);
            eventually().until(() -> shop.effects() >= 25); // those of the slow lane wait
            publish(41, "slow");
            slow.countDown();
            eventually().until(() -> shop.effects() == 42);
            shop.assertEmptyAfter(consumer);
        }
        assertThat(order.get("slow")).containsExactly("order 0", "order 41");
        assertThat(threads).allSatisfy((account, its) -> assertThat(its).hasSize(1));
        assertThat(shop.doubled()).isZero();
    }

    @Test
    void aKeyThatCannotBeToldIsNoReasonToLoseTheMessage() throws Exception {
        publish(1, "a");
        publish(2, "b");
        shop.publish("order 3"); // has no such header
        try (DedupConsumer consumer = shop.consumer()
                .concurrency(2)
                .lane(message -> {
                    if ("a".equals(message.header("account"))) {
                        throw new AssertionError("a user's code");
                    }
                    return null;
                })
                .start(shop.save())) {
            shop.awaitDone(3);
            shop.assertEmptyAfter(consumer);
        }
        assertThat(shop.effects()).isEqualTo(3);
    }
}
