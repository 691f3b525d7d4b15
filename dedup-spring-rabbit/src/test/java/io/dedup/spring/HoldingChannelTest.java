package io.dedup.spring;

import static io.dedup.rabbit.Shop.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import com.rabbitmq.client.ConnectionFactory;
import io.dedup.Outcome;
import io.dedup.rabbit.Shop;
import io.dedup.spring.Listening.Container;
import io.dedup.test.BrokerServer;
import io.dedup.test.RequiresRabbitMq;
import io.dedup.test.TcpProxy;
import io.dedup.test.Trap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.springframework.amqp.core.AcknowledgeMode;
import org.springframework.amqp.core.Message;
import org.springframework.amqp.rabbit.connection.CachingConnectionFactory;

/** The channels of containers that hold: where deliveries are settled, and where something is published. */
@RequiresRabbitMq
@Timeout(90)
class HoldingChannelTest extends WithListening {

    /** Class 60, method 40. */
    private static final byte[] BASIC_PUBLISH = {0, 60, 0, 40};

    private final AtomicInteger runs = new AtomicInteger();

    private static CachingConnectionFactory spring(ConnectionFactory factory) {
        return new CachingConnectionFactory(factory);
    }

    /**
     * A handler that publishes on its channel makes Spring's proxy open itself another one, while deliveries of the dead
     * one still wait; their tags mean others on the new one.
     */
    @ParameterizedTest
    @MethodSource("io.dedup.spring.Listening#kinds")
    void deliveriesAreSettledOnTheChannelThatTheyCameOn(Container container, AcknowledgeMode mode, BrokerServer broker)
            throws Exception {
        String other =
                shop.publisher.queueDeclare("", false, false, false, Map.of()).getQueue();
        try (TcpProxy proxy = TcpProxy.to(broker.host(), broker.port())) {
            listening.rabbit(broker.connectionFactory(proxy)).concurrency(2);
            start(container, mode, (message, channel) -> {
                try {
                    channel.basicPublish("", other, null, new byte[1]);
                } catch (Exception e) {
                    throw new IllegalStateException("the connection is gone", e);
                } finally {
                    runs.incrementAndGet();
                }
                if (ThreadLocalRandom.current().nextInt(10) == 0) {
                    throw new IllegalStateException("not yet");
                }
                save(message);
            });
            listening.registry().stop();
            publishAll("order ", 300);
            listening.registry().start();
            for (int cut = 1; cut <= 3; cut++) {
                int enough = cut * 60;
                eventually().until(() -> shop.effects() >= enough);
                proxy.cut();
            }
            eventually().until(() -> shop.effects() + listening.dead() >= 300);
            listening.assertQueueEmptyAfterStop();
        }
        assertThat(listening.channelErrors()).isEmpty();
        assertThat(shop.effects()).isEqualTo(300);
        assertThat(shop.doubled()).isZero();
        shop.publisher.queueDelete(other);
    }

    @ParameterizedTest
    @MethodSource("io.dedup.spring.Listening#kinds")
    void cutsOfTheConnectionLoseAndDoubleNothing(Container container, AcknowledgeMode mode, BrokerServer broker)
            throws Exception {
        publishAll("order ", 300);
        try (TcpProxy proxy = TcpProxy.to(broker.host(), broker.port())) {
            listening.rabbit(broker.connectionFactory(proxy)).concurrency(4);
            start(container, mode, (message, channel) -> save(message));
            for (int cut = 1; cut <= 3; cut++) {
                int enough = cut * 60;
                eventually().until(() -> shop.effects() >= enough);
                proxy.cut();
            }
            eventually().until(() -> shop.effects() == 300);
            listening.assertQueueEmptyAfterStop();
        }
        assertThat(listening.channelErrors()).isEmpty();
        assertThat(listening.dead()).isZero();
        assertThat(shop.doubled()).isZero();
    }

    /** Trap 11: an alarm would block the acknowledgements of a connection that publishes. */
    @ParameterizedTest
    @EnumSource(Container.class)
    void deadLettersAreNotPublishedOnTheConnectionThatConsumes(Container container, BrokerServer broker)
            throws Exception {
        try (TcpProxy proxy = TcpProxy.to(broker.host(), broker.port());
                Publishing publishing = new Publishing(broker.connectionFactory())) {
            Trap published = proxy.onClientSending(BASIC_PUBLISH).run(() -> {});
            listening
                    .rabbit(broker.connectionFactory(proxy))
                    .with(protection ->
                            protection.publishingConnection(publishing.factory).maxAttempts(1));
            start(container, AcknowledgeMode.AUTO, (message, channel) -> {
                throw new IllegalStateException("poison");
            });
            shop.publish("1");
            eventually().until(() -> listening.dead() == 1);
            listening.assertQueueEmptyAfterStop();
            assertThat(published.sprung()).isFalse();
        }
    }

    static class Answering {
        @DedupRabbitListener(queues = "${queue}")
        String on(Message message) {
            return "receipt";
        }
    }

    @ParameterizedTest
    @EnumSource(Container.class)
    void norAreReplies(Container container, BrokerServer broker) throws Exception {
        String answers = shop.publisher.queueDeclare().getQueue();
        try (TcpProxy proxy = TcpProxy.to(broker.host(), broker.port());
                Publishing publishing = new Publishing(broker.connectionFactory())) {
            Trap published = proxy.onClientSending(BASIC_PUBLISH).run(() -> {});
            listening
                    .in(container, AcknowledgeMode.AUTO)
                    .rabbit(broker.connectionFactory(proxy))
                    .with(protection -> protection.publishingConnection(publishing.factory))
                    .start(new Answering());
            shop.publish(Shop.request("1", "first", answers), "");
            shop.assertAnswer(answers, "receipt", "first");
            listening.assertQueueEmptyAfterStop();
            assertThat(published.sprung()).isFalse();
        }
    }

    /** By default it opens a second connection by the container's own factory. */
    @ParameterizedTest
    @EnumSource(Container.class)
    void byDefaultDeadLettersGoOverAConnectionOfTheirOwn(Container container, BrokerServer broker) throws Exception {
        try (TcpProxy proxy = TcpProxy.to(broker.host(), broker.port())) {
            listening.rabbit(broker.connectionFactory(proxy)).with(protection -> protection.maxAttempts(1));
            start(container, AcknowledgeMode.AUTO, (message, channel) -> {
                throw new IllegalStateException("poison");
            });
            shop.publish("1");
            eventually().until(() -> listening.dead() == 1);
            assertThat(proxy.openConnections()).isEqualTo(2);
            listening.assertQueueEmptyAfterStop();
            eventually().until(() -> proxy.openConnections() == 0);
        }
    }

    /** As one is that an alarm of the broker blocks. */
    @ParameterizedTest
    @EnumSource(Container.class)
    void aPublishingConnectionThatStandsStillBlocksNoAcknowledgements(Container container, BrokerServer broker)
            throws Exception {
        try (TcpProxy proxy = TcpProxy.to(broker.host(), broker.port());
                Publishing publishing = new Publishing(broker.connectionFactory(proxy))) {
            listening.with(protection ->
                    protection.publishingConnection(publishing.factory).maxAttempts(1));
            start(container, AcknowledgeMode.AUTO, (message, channel) -> {
                runs.incrementAndGet();
                if (id(message).startsWith("poison")) {
                    throw new IllegalStateException("poison");
                }
                save(message);
            });
            shop.publish("poison before");
            eventually().until(() -> listening.dead() == 1);
            proxy.stall();
            publishAll("poison ", 3);
            publishAll("good ", 50);
            eventually().until(() -> listening.outcomes(Outcome.PROCESSED) == 50);
            listening.container().stop();
            eventually().untilAsserted(() -> assertThat(shop.ready()).isEqualTo(3));
            proxy.resume();
            listening.container().start();
            eventually().until(() -> listening.deadLetters.size() >= 4);
            assertThat(listening.dead()).isGreaterThanOrEqualTo(4);
            listening.assertQueueEmptyAfterStop();
        }
        assertThat(shop.effects()).isEqualTo(50);
    }

    private static final class Publishing implements AutoCloseable {
        private final CachingConnectionFactory factory;

        Publishing(ConnectionFactory rabbit) {
            this.factory = spring(rabbit);
        }

        @Override
        public void close() {
            factory.destroy();
        }
    }

    /** Otherwise only the container's own acknowledgements are told. */
    @ParameterizedTest
    @MethodSource("io.dedup.spring.Listening#kinds")
    void aMessageAckListenerIsCalledForEachAcknowledgement(Container container, AcknowledgeMode mode) throws Exception {
        List<String> told = new CopyOnWriteArrayList<>();
        listening.factory(factory ->
                factory.setMessageAckListener((success, tag, cause) -> told.add(success + " " + tag + " " + cause)));
        start(container, mode, (message, channel) -> {
            if (runs.incrementAndGet() == 1) {
                throw new IllegalStateException("not yet");
            }
            save(message);
        });
        publishAll("", 3);
        eventually().until(() -> told.size() == 3);
        listening.assertQueueEmptyAfterStop();
        assertThat(told).containsExactlyInAnyOrder("true 1 null", "true 2 null", "true 3 null");
    }
}
