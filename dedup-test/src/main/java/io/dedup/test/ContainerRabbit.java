package io.dedup.test;

import com.rabbitmq.client.ConnectionFactory;
import java.util.concurrent.Callable;
import org.testcontainers.rabbitmq.RabbitMQContainer;

/** RabbitMQ in a Docker container. */
final class ContainerRabbit extends ContainerNode<RabbitMQContainer> implements BrokerNode {
    private static final String IMAGE = "rabbitmq:4-management-alpine";
    private static final int AMQP = 5672;

    private final String user;
    private final String password;

    private ContainerRabbit(RabbitMQContainer container, int port) {
        super(IMAGE, container, port, AMQP);
        this.user = container.getAdminUsername();
        this.password = container.getAdminPassword();
    }

    static ContainerRabbit start() {
        return FreePort.with(port -> {
            ContainerRabbit node = new ContainerRabbit(new RabbitMQContainer(IMAGE), port);
            node.launch();
            return node;
        });
    }

    @Override
    Callable<Boolean> probe() {
        return () -> {
            connectionFactory().newConnection().close();
            return true;
        };
    }

    @Override
    public ConnectionFactory connectionFactory() {
        return BrokerNode.factory(host(), port(), user, password);
    }
}
