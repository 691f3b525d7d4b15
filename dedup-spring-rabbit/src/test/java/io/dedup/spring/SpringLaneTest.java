package io.dedup.spring;

import static io.dedup.rabbit.Shop.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import com.rabbitmq.client.AMQP.BasicProperties;
import io.dedup.LaneKey;
import io.dedup.MessageKey;
import io.dedup.Outcome;
import io.dedup.spring.Listening.Container;
import io.dedup.test.BrokerServer;
import io.dedup.test.RequiresRabbitMq;
import io.dedup.test.TcpProxy;
import java.sql.Connection;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.springframework.amqp.core.AcknowledgeMode;
import org.springframework.amqp.core.Message;

/** Messages of one business entity keep their order; other entities pass. */
@RequiresRabbitMq
@Timeout(60)
class SpringLaneTest extends WithListening {

    private final AtomicInteger runs = new AtomicInteger();
    private final Map<String, Set<String>> threads = new ConcurrentHashMap<>();
    private final Map<String, List<String>> order = new ConcurrentHashMap<>();

    @BeforeEach
    void useLanes() {
        listening.concurrency(4).with(protection -> protection.lane(LaneKey.header("account")));
    }

    private void publish(String id, String account) throws Exception {
        shop.publish(
                new BasicProperties.Builder()
                        .messageId(id)
                        .headers(Map.of("account", account))
                        .build(),
                "{}");
    }

    private static String accountOf(Message message) {
        return String.valueOf(message.getMessageProperties().<Object>getHeader("account"));
    }

    private void note(Message message) {
        threads.computeIfAbsent(accountOf(message), a -> ConcurrentHashMap.newKeySet())
                .add(Thread.currentThread().getName());
        order.computeIfAbsent(accountOf(message), a -> new CopyOnWriteArrayList<>())
                .add(id(message));
    }

    @ParameterizedTest
    @MethodSource("io.dedup.spring.Listening#kinds")
    void messagesOfOneEntityAreProcessedInOrderByOneWorker(Container container, AcknowledgeMode mode) throws Exception {
        start(container, mode, (message, channel) -> {
            note(message);
            save(message);
        });
        for (int i = 0; i < 120; i++) {
            publish(String.valueOf(i), "account " + i % 12);
        }
        eventually().until(() -> shop.effects() == 120);
        listening.assertQueueEmptyAfterStop();
        assertThat(threads)
                .hasSize(12)
                .allSatisfy((account, its) -> assertThat(its).hasSize(1));
        assertThat(threads.values().stream().flatMap(Set::stream).distinct()).hasSizeGreaterThan(1);
        order.forEach((account, ids) -> assertThat(ids).isSortedAccordingTo(Comparator.comparing(Integer::parseInt)));
    }

    @ParameterizedTest
    @MethodSource("io.dedup.spring.Listening#kinds")
    void laterOnesOfAFailedMessagesEntityWaitAndOtherEntitiesPass(Container container, AcknowledgeMode mode)
            throws Exception {
        CountDownLatch repaired = new CountDownLatch(1);
        listening.with(protection -> protection.maxAttempts(1_000).pause(Duration.ofMillis(50), Duration.ofMillis(50)));
        start(container, mode, (message, channel) -> {
            if (id(message).equals("1") && repaired.getCount() > 0) {
                runs.incrementAndGet();
                throw new IllegalStateException("not yet");
            }
            note(message);
            save(message);
        });
        publish("1", "poor");
        for (int i = 0; i < 40; i++) {
            publish("rich " + i, "rich " + i);
        }
        publish("2", "poor");
        publish("3", "poor");
        for (int i = 40; i < 80; i++) {
            publish("rich " + i, "rich " + i);
        }
        eventually().until(() -> shop.effects() == 80);
        eventually().until(() -> runs.get() >= 3);
        assertThat(order).doesNotContainKey("poor");
        repaired.countDown();
        eventually().until(() -> shop.effects() == 83);
        listening.assertQueueEmptyAfterStop();
        assertThat(order.get("poor")).containsExactly("1", "2", "3");
    }

    @ParameterizedTest
    @EnumSource(Container.class)
    void laterOnesOfABusyMessagesEntityWaitAndOtherEntitiesPass(Container container) throws Exception {
        start(container, AcknowledgeMode.AUTO, (message, channel) -> {
            note(message);
            save(message);
        });
        try (Connection other = shop.pool.getConnection()) {
            other.setAutoCommit(false);
            shop.dedup.claim(other, new MessageKey(shop.queue, "1"));
            publish("1", "poor");
            publish("2", "poor");
            for (int i = 0; i < 40; i++) {
                publish("rich " + i, "rich " + i);
            }
            eventually().until(() -> shop.effects() == 40);
            eventually().until(() -> listening.outcomes(Outcome.BUSY) >= 3);
            assertThat(order).doesNotContainKey("poor");
            other.rollback();
        }
        eventually().until(() -> shop.effects() == 42);
        listening.assertQueueEmptyAfterStop();
        assertThat(order.get("poor")).containsExactly("1", "2");
        assertThat(listening.dead()).isZero();
    }

    /** A dead letter ends the wait too. */
    @ParameterizedTest
    @EnumSource(Container.class)
    void thoseBehindADeadLetterAreNext(Container container) throws Exception {
        listening.with(protection -> protection.maxAttempts(2));
        start(container, AcknowledgeMode.AUTO, (message, channel) -> {
            if (id(message).equals("1")) {
                throw new IllegalStateException("poison");
            }
            note(message);
            save(message);
        });
        publish("1", "poor");
        publish("2", "poor");
        publish("3", "poor");
        eventually().until(() -> shop.effects() == 2);
        eventually().until(() -> listening.dead() == 1);
        listening.assertQueueEmptyAfterStop();
        assertThat(order.get("poor")).containsExactly("2", "3");
    }

    /** Each worker waits inside for another one. */
    @ParameterizedTest
    @EnumSource(Container.class)
    void lanesWorkAtTheSameTime(Container container) throws Exception {
        CountDownLatch two = new CountDownLatch(2);
        start(container, AcknowledgeMode.AUTO, (message, channel) -> {
            two.countDown();
            assertThat(two.await(20, TimeUnit.SECONDS)).isTrue();
            save(message);
        });
        for (int i = 0; i < 16; i++) {
            publish("order " + i, "account " + i);
        }
        eventually().until(() -> shop.effects() == 16);
        listening.assertQueueEmptyAfterStop();
    }

    @ParameterizedTest
    @EnumSource(Container.class)
    void aLostConnectionLosesNothing(Container container, BrokerServer broker) throws Exception {
        for (int i = 0; i < 200; i++) {
            publish("order " + i, "account " + i % 10);
        }
        try (TcpProxy proxy = TcpProxy.to(broker.host(), broker.port())) {
            listening.rabbit(broker.connectionFactory(proxy));
            start(container, AcknowledgeMode.AUTO, (message, channel) -> {
                Thread.sleep(2);
                save(message);
            });
            for (int cut = 1; cut <= 3; cut++) {
                int enough = cut * 45;
                eventually().until(() -> shop.effects() >= enough);
                proxy.cut();
            }
            eventually().until(() -> shop.effects() == 200);
            listening.assertQueueEmptyAfterStop();
        }
        assertThat(shop.doubled()).isZero();
        assertThat(listening.dead()).isZero();
    }
}
