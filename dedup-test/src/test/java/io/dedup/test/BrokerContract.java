package io.dedup.test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.ConnectionFactory;
import com.rabbitmq.client.GetResponse;
import com.rabbitmq.client.MessageProperties;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** What holds for every RabbitMQ that we started ourselves. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class BrokerContract {
    private BrokerServer server;

    abstract BrokerNode startNode();

    @BeforeAll
    void start() {
        server = new BrokerServer(startNode());
    }

    @AfterAll
    void close() {
        ConnectionFactory factory = server.connectionFactory();
        server.close();
        server.close();
        assertThatThrownBy(factory::newConnection).isInstanceOf(IOException.class);
    }

    @Test
    void it_is_rabbitmq_and_says_so_in_one_line() {
        assertThat(server.isRabbitMq()).isTrue();
        assertThat(server.toString())
                .startsWith("RabbitMQ ")
                .endsWith(":" + server.port())
                .hasLineCount(1);
    }

    @Test
    void a_killed_broker_refuses_and_comes_back_with_its_port_queues_and_persistent_messages() throws Exception {
        int port = server.port();
        publish("classic", Map.of());
        publish("quorum", Map.of("x-queue-type", "quorum"));
        // RabbitMQ saves the list of its quorum queues twice a second; one younger than that does not survive kill -9.
        Thread.sleep(1_500);
        server.kill();
        assertThatThrownBy(() -> server.connectionFactory().newConnection()).isInstanceOf(IOException.class);
        server.startAgain();
        assertThat(server.port()).isEqualTo(port);
        assertThat(take("classic")).isEqualTo("to classic");
        assertThat(take("quorum")).isEqualTo("to quorum");
    }

    private void publish(String queue, Map<String, Object> arguments) throws Exception {
        try (Connection connection = server.connectionFactory().newConnection();
                Channel channel = connection.createChannel()) {
            channel.queueDeclare(queue, true, false, false, arguments);
            channel.confirmSelect();
            byte[] body = ("to " + queue).getBytes(StandardCharsets.UTF_8);
            channel.basicPublish("", queue, MessageProperties.PERSISTENT_BASIC, body);
            channel.waitForConfirmsOrDie(10_000);
        }
    }

    private String take(String queue) throws Exception {
        try (Connection connection = server.connectionFactory().newConnection();
                Channel channel = connection.createChannel()) {
            GetResponse message = channel.basicGet(queue, true);
            return message == null ? "nothing" : new String(message.getBody(), StandardCharsets.UTF_8);
        }
    }
}
