package io.dedup.rabbit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.rabbitmq.client.AMQP.BasicProperties;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.ConnectionFactory;
import io.dedup.amqp.ConfirmedPublisher;
import io.dedup.test.BrokerServer;
import io.dedup.test.ServersExtension;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** Publishing with confirms, which name messages by numbers that client and broker count for themselves. */
@ExtendWith(ServersExtension.class)
@Timeout(60)
class PublishingTest {

    private static final int SMALLEST_FRAME = 4_096;

    @Test
    void afterAMessageThatCannotBeSentConfirmsAreStillThoseOfTheirMessages(BrokerServer broker) throws Exception {
        ConnectionFactory factory = broker.connectionFactory();
        factory.setRequestedFrameMax(SMALLEST_FRAME);
        try (Connection connection = factory.newConnection()) {
            String queue = connection.createChannel().queueDeclare().getQueue();
            ConfirmedPublisher publisher =
                    new ConfirmedPublisher(() -> connection, false, Executors.newSingleThreadScheduledExecutor());
            assertThatThrownBy(() -> publish(publisher, queue, "x".repeat(2 * SMALLEST_FRAME)))
                    .hasRootCauseInstanceOf(IllegalArgumentException.class);
            publish(publisher, queue, "fits");
            publish(publisher, queue, "fits too");
            assertThat(connection.createChannel().messageCount(queue)).isEqualTo(2);
            publisher.close();
        }
    }

    private static void publish(ConfirmedPublisher publisher, String queue, String header) throws Exception {
        BasicProperties properties =
                new BasicProperties.Builder().headers(Map.of("header", header)).build();
        publisher
                .publish("", queue, true, properties, "{}".getBytes(StandardCharsets.UTF_8))
                .get(5, TimeUnit.SECONDS);
    }
}
