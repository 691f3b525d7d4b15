package io.dedup.rabbit;

import static io.dedup.rabbit.Shop.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import io.dedup.ConsumerState;
import io.dedup.test.BrokerServer;
import io.dedup.test.Database;
import io.dedup.test.ServersExtension;
import java.io.IOException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Calls on a channel that fail although the channel is alive: instrumented clients can do that. */
@ExtendWith(ServersExtension.class)
@Timeout(60)
class SettlementTest {

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void afterAnAckThatFailsTheSameConsumerGoesOnAndTheMessageIsRecognised(
            boolean checked, BrokerServer broker, Database database) throws Exception {
        AtomicInteger acks = new AtomicInteger();
        Layer firstAckFails = call -> {
            if (call.name().equals("basicAck") && acks.incrementAndGet() == 1) {
                throw checked ? new IOException("thrown") : new IllegalStateException("thrown");
            }
            return call.proceed();
        };
        try (Shop shop = new Shop(broker, database);
                DedupConsumer consumer =
                        shop.consumer(Tapped.of(shop.connection, firstAckFails)).start(shop.save())) {
            shop.publish("1");
            eventually().until(() -> acks.get() == 2);
            assertThat(consumer.state().phase()).isEqualTo(ConsumerState.Phase.RUNNING);
            shop.assertEmptyAfter(consumer);
            assertThat(shop.effects()).isOne();
        }
    }

    /** Without that, each restart would return a message whose dead letter was on its way, and count one more attempt. */
    @RepeatedTest(5)
    void closeWaitsForADeadLetterThatIsBeingPublished(BrokerServer broker, Database database) throws Exception {
        try (Shop shop = new Shop(broker, database)) {
            CountDownLatch failed = new CountDownLatch(1);
            DedupConsumer consumer = shop.consumer().maxAttempts(1).start((tx, delivery) -> {
                failed.countDown();
                throw new IllegalStateException("card declined");
            });
            shop.publish("1");
            assertThat(failed.await(10, TimeUnit.SECONDS)).isTrue();
            consumer.close();
            assertThat(shop.ready()).isZero();
            assertThat(shop.deadLetter()).isNotNull();
        }
    }

    /** Where the connection breaks at the moment of an ack, amqp-client may not notify the consumer of its channel's end. */
    @Test
    void itGoesOnEvenIfNobodyTellsTheConsumerOfItsChannelsEnd(BrokerServer broker, Database database) throws Exception {
        AtomicInteger acks = new AtomicInteger();
        AtomicInteger subscriptions = new AtomicInteger();
        Layer deaf = call -> {
            if (call.name().equals("basicAck") && acks.incrementAndGet() == 1) {
                throw new IOException("broken pipe");
            }
            if (!call.name().equals("basicConsume")) {
                return call.proceed();
            }
            subscriptions.incrementAndGet();
            return call.withLast(Tapped.deafToShutdown(call.lastArgument())).proceed();
        };
        try (Shop shop = new Shop(broker, database);
                DedupConsumer consumer =
                        shop.consumer(Tapped.of(shop.connection, deaf)).start(shop.save())) {
            shop.publish("1");
            eventually().until(() -> subscriptions.get() == 2);
            shop.publish("2"); // behind the first one, which has come again
            eventually().until(() -> shop.effects() == 2);
            shop.assertEmptyAfter(consumer);
        }
    }
}
