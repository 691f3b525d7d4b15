package io.dedup.rabbit;

import static org.assertj.core.api.Assertions.assertThat;

import com.rabbitmq.client.AMQP.BasicProperties;
import com.rabbitmq.client.Delivery;
import com.rabbitmq.client.Envelope;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class LaneKeyTest {

    private static final Delivery DELIVERY = new Delivery(
            new Envelope(1, false, "orders", "customer.7"),
            new BasicProperties.Builder()
                    .headers(Map.of("account", "a", "number", 42))
                    .build(),
            "{\"customer\": {\"id\": 7}}".getBytes(StandardCharsets.UTF_8));

    @Test
    void theEntityIsNamedByAHeaderAPlaceInTheBodyOrTheRoutingKey() {
        assertThat(LaneKey.header("account").of(DELIVERY)).isEqualTo("a");
        assertThat(LaneKey.header("number").of(DELIVERY)).isEqualTo("42");
        assertThat(LaneKey.jsonPointer("/customer/id").of(DELIVERY)).isEqualTo("7");
        assertThat(LaneKey.routingKey().of(DELIVERY)).isEqualTo("customer.7");
        assertThat(LaneKey.header("none").of(DELIVERY)).isNull();
        assertThat(LaneKey.jsonPointer("/none").of(DELIVERY)).isNull();
    }

    @Test
    void oneEntityHasOneLaneAndNumberedOnesAreSpread() {
        Lanes lanes = new Lanes("orders", 4, delivery -> delivery.getEnvelope().getRoutingKey());
        int[] found = new int[4];
        for (int i = 0; i < 400; i++) {
            Delivery delivery =
                    new Delivery(new Envelope(i, false, "", "customer " + i), new BasicProperties(), new byte[0]);
            assertThat(lanes.of(delivery)).isEqualTo(lanes.of(delivery));
            found[lanes.of(delivery)]++;
        }
        assertThat(IntStream.of(found)).allMatch(number -> number > 50);
    }
}
