package io.dedup.amqp;

import static org.assertj.core.api.Assertions.assertThat;

import com.rabbitmq.client.AMQP.BasicProperties;
import com.rabbitmq.client.Delivery;
import com.rabbitmq.client.Envelope;
import com.rabbitmq.client.impl.LongStringHelper;
import java.util.Map;
import org.junit.jupiter.api.Test;

class AmqpMessageViewTest {

    private static AmqpMessageView view(BasicProperties properties) {
        return new AmqpMessageView(new Delivery(new Envelope(1, false, "shop", "orders.new"), properties, new byte[0]));
    }

    @Test
    void aHeaderOfTextIsAString() {
        BasicProperties properties = new BasicProperties.Builder()
                .headers(Map.of("text", LongStringHelper.asLongString("42"), "number", 42L))
                .build();
        assertThat(view(properties).header("text")).isEqualTo("42");
        assertThat(view(properties).header("number")).isEqualTo(42L);
        assertThat(view(properties).header("none")).isNull();
    }

    @Test
    void withoutHeadersThereIsNone() {
        assertThat(view(new BasicProperties()).header("any")).isNull();
    }

    @Test
    void propertiesAndTheEnvelopeAreFoundByTheirNames() {
        BasicProperties properties =
                new BasicProperties.Builder().messageId("1").correlationId("2").build();
        assertThat(view(properties).property("message-id")).isEqualTo("1");
        assertThat(view(properties).property("correlation-id")).isEqualTo("2");
        assertThat(view(properties).property("routing-key")).isEqualTo("orders.new");
    }
}
