package io.dedup.test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.GetResponse;
import com.rabbitmq.client.PossibleAuthenticationFailureException;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class QpidBrokerTest {
    private static BrokerServer server;

    @BeforeAll
    static void start() {
        server = new BrokerServer(QpidBroker.start());
    }

    @AfterAll
    static void close() {
        server.close();
    }

    @Test
    void it_says_that_it_is_not_rabbitmq() {
        assertThat(server.isRabbitMq()).isFalse();
        assertThat(server.kind()).isEqualTo(ServerKind.QPID);
        assertThat(server.toString())
                .containsIgnoringCase("qpid")
                .contains("10.1.0")
                .hasLineCount(1);
    }

    @Test
    void it_confirms_redelivers_and_ignores_arguments_of_rabbitmq() throws Exception {
        try (Connection connection = server.connectionFactory().newConnection()) {
            Channel channel = connection.createChannel();
            channel.queueDeclare("q", true, false, false, Map.of("x-queue-type", "quorum"));
            channel.confirmSelect();
            channel.basicPublish("", "q", null, new byte[] {1});
            channel.waitForConfirmsOrDie(5_000);
            GetResponse first = channel.basicGet("q", false);
            channel.basicNack(first.getEnvelope().getDeliveryTag(), false, true);
            GetResponse second = channel.basicGet("q", true);
            assertThat(first.getEnvelope().isRedeliver()).isFalse();
            assertThat(second.getEnvelope().isRedeliver()).isTrue();
        }
    }

    @Test
    void a_wrong_password_is_refused() {
        var factory = server.connectionFactory();
        factory.setPassword("wrong");
        assertThatThrownBy(factory::newConnection).isInstanceOf(PossibleAuthenticationFailureException.class);
    }

    @Test
    void a_restart_would_lose_everything_and_is_refused() {
        assertThat(server.canRestart()).isFalse();
        assertThatThrownBy(server::restart)
                .isInstanceOf(ServerException.class)
                .hasMessageContaining("Cannot stop or restart")
                .hasMessageContaining("DEDUP_SERVERS");
    }

    @Test
    void a_broker_can_be_named_by_its_uri() {
        BrokerServer named =
                new BrokerServer(new EnvironmentBroker("amqp://guest:guest@127.0.0.1:" + server.port() + "/"));
        assertThat(named.kind()).isEqualTo(ServerKind.ENVIRONMENT);
        assertThat(named.canRestart()).isFalse();
        named.close();
        assertThat(new BrokerServer(new EnvironmentBroker("amqp://guest:guest@127.0.0.1:" + server.port() + "/")))
                .as("still runs, as it is not ours to stop")
                .isNotNull();
    }

    @Test
    void a_bad_uri_is_told_without_its_password() {
        assertThatThrownBy(() -> new EnvironmentBroker("http://me:secret@host"))
                .isInstanceOf(ServerException.class)
                .hasMessageContaining("DEDUP_AMQP_URI")
                .hasMessageContaining("amqp://")
                .hasMessageNotContaining("secret");
    }

    @Test
    void a_broker_that_does_not_answer_is_told_with_its_place() {
        int nobody = FreePort.find();
        assertThatThrownBy(() -> new BrokerServer(new EnvironmentBroker("amqp://127.0.0.1:" + nobody)))
                .isInstanceOf(ServerException.class)
                .hasMessageContaining("127.0.0.1:" + nobody)
                .hasMessageContaining("DEDUP_AMQP_URI");
    }
}
