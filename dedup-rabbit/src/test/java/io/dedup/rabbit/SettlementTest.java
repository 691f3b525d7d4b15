package io.dedup.rabbit;

import static io.dedup.rabbit.Shop.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import io.dedup.test.BrokerServer;
import io.dedup.test.Database;
import io.dedup.test.ServersExtension;
import java.io.IOException;
import java.util.concurrent.atomic.AtomicInteger;
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
}
