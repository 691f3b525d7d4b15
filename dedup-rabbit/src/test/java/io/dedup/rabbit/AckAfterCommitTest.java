package io.dedup.rabbit;

import static io.dedup.rabbit.Shop.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import com.rabbitmq.client.Connection;
import io.dedup.test.BrokerServer;
import io.dedup.test.TcpProxy;
import io.dedup.test.Trap;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Watches the acknowledgement on the wire. Trap 8: whether it arrived is not to be known, and does not matter. */
@Timeout(90)
class AckAfterCommitTest extends WithShop {

    /** Class 60, method 80. */
    private static final byte[] BASIC_ACK = {0, 60, 0, 80};

    private TcpProxy proxy;
    private Connection connection;
    private final AtomicInteger runs = new AtomicInteger();

    @BeforeEach
    void open(BrokerServer broker) throws Exception {
        proxy = TcpProxy.to(broker.host(), broker.port());
        connection = Shop.recovering(broker.connectionFactory(proxy));
    }

    @AfterEach
    void close() throws Exception {
        connection.abort();
        proxy.close();
    }

    @Test
    void whenTheAckIsSentTheEffectsAreCommitted() throws Exception {
        AtomicLong atAck = new AtomicLong(-1);
        Trap trap = proxy.onClientSending(BASIC_ACK).run(() -> atAck.set(shop.effects() + shop.keys()));
        try (DedupConsumer consumer = start()) {
            shop.publish("1");
            trap.awaitSprung(Duration.ofSeconds(10));
            assertThat(atAck).hasValue(2);
            shop.assertEmptyAfter(consumer);
        }
    }

    @Test
    void aConnectionCutBetweenCommitAndAckLeadsToARedeliveryThatIsSkippedAndAcked() throws Exception {
        Trap trap = proxy.onClientSending(BASIC_ACK).cutBefore();
        try (DedupConsumer consumer = start()) {
            shop.publish("1");
            trap.awaitSprung(Duration.ofSeconds(10));
            assertThat(shop.effects()).isOne();
            Trap second = proxy.onClientSending(BASIC_ACK).run(() -> {});
            second.awaitSprung(Duration.ofSeconds(20));
            shop.assertEmptyAfter(consumer);
        }
        assertThat(runs).hasValue(1);
        assertThat(shop.effects()).isOne();
    }

    @Test
    void aDeliveryInWorkWhenTheConnectionDiesIsNotAckedOnTheNextChannel() throws Exception {
        AtomicInteger acks = new AtomicInteger();
        try (DedupConsumer consumer = shop.consumer(connection).start((tx, delivery) -> {
            if (runs.incrementAndGet() == 1) {
                proxy.cut();
                Thread.sleep(1_000); // recovered meanwhile, and the message redelivered
            }
            shop.save(tx, delivery.getProperties().getMessageId());
        })) {
            proxy.onClientSending(BASIC_ACK).run(acks::incrementAndGet);
            shop.publish("1");
            eventually().until(() -> acks.get() == 1);
            Trap another = proxy.onClientSending(BASIC_ACK).run(acks::incrementAndGet);
            shop.assertEmptyAfter(consumer);
            assertThat(another.sprung()).as("one ack, for the redelivery").isFalse();
        }
        assertThat(shop.effects()).isOne();
    }

    /** Faster recovery than any consumer can be told of: amqp-client may revive a channel behind our back. */
    @Test
    void manyCutsInARowLeaveNoMessageStuckOnARevivedChannel(BrokerServer broker) throws Exception {
        var factory = broker.connectionFactory(proxy);
        factory.setNetworkRecoveryInterval(1);
        Connection eager = factory.newConnection();
        var topology = eager.createChannel(); // what recovery has to declare anew, which takes its time
        for (int i = 0; i < 40; i++) {
            topology.queueDeclare(shop.queue + "-" + i, false, true, true, null);
        }
        try (DedupConsumer consumer =
                shop.consumer(eager).concurrency(4).prefetch(5).start(shop.save())) {
            for (int i = 0; i < 200; i++) {
                shop.publish("order " + i);
                if (i % 20 == 0) {
                    proxy.cut();
                }
            }
            eventually().until(() -> shop.effects() >= 200);
            eventually().until(() -> shop.ready() == 0);
            shop.assertEmptyAfter(consumer);
        } finally {
            eager.abort();
        }
        assertThat(shop.doubled()).isZero();
    }

    private DedupConsumer start() {
        return shop.consumer(connection).start((tx, delivery) -> {
            runs.incrementAndGet();
            shop.save(tx, delivery.getProperties().getMessageId());
        });
    }
}
