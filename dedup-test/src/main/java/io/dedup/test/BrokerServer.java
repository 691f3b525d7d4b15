package io.dedup.test;

import com.rabbitmq.client.Connection;
import com.rabbitmq.client.ConnectionFactory;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.TimeoutException;

/**
 * A real AMQP 0-9-1 broker for tests: the first of what {@code DEDUP_AMQP_URI} names, a Docker container
 * ({@code rabbitmq:4-management-alpine}), a private node of the {@code rabbitmq-server} that is installed on this machine
 * (never a node that is already running), or Apache Qpid Broker-J inside this JVM. {@code DEDUP_SERVERS} (or the system
 * property {@code dedup.servers}) forces one: {@code environment}, {@code containers}, {@code binaries} or {@code qpid}.
 *
 * <p>Which it took is printed in one line. It stops, and its data goes, with {@link #close()} or the JVM.
 */
public final class BrokerServer implements AutoCloseable {
    private final BrokerNode node;
    private final String product;
    private final String version;

    BrokerServer(BrokerNode node) {
        this.node = node;
        try (Connection connection = node.connectionFactory().newConnection("dedup-test")) {
            this.product = String.valueOf(connection.getServerProperties().get("product"));
            this.version = String.valueOf(connection.getServerProperties().get("version"));
        } catch (IOException | TimeoutException | RuntimeException e) {
            node.close();
            throw new ServerException(
                    "Cannot connect to the broker at " + node.host() + ":" + node.port() + ", " + node.origin()
                            + ". Is it running, and are user, password and virtual host right?",
                    e);
        }
    }

    /**
     * Finds or starts a broker; takes some seconds.
     *
     * @return a broker that accepts connections
     * @throws ServerException when there is none; the message says what was tried and what to do
     */
    public static BrokerServer start() {
        BrokerServer server = new BrokerServer(ServerChoice.start(
                "AMQP broker",
                List.of(
                        new Way<>(ServerKind.ENVIRONMENT, EnvironmentBroker::missing, EnvironmentBroker::connect),
                        new Way<>(ServerKind.CONTAINER, Docker::missing, ContainerRabbit::start),
                        new Way<>(ServerKind.BINARIES, RabbitInstallation::missing, BinariesRabbit::start),
                        new Way<>(ServerKind.QPID, QpidBroker::missing, QpidBroker::start))));
        Announcement.of(server);
        return server;
    }

    /**
     * Where the broker comes from.
     *
     * @return any
     */
    public ServerKind kind() {
        return node.kind();
    }

    /**
     * Whether this is RabbitMQ, with all that other AMQP brokers lack (dead-letter exchanges, quorum queues…).
     *
     * @return what the broker says of itself
     */
    public boolean isRabbitMq() {
        return product.equals("RabbitMQ");
    }

    /**
     * The broker's host.
     *
     * @return host name or address
     */
    public String host() {
        return node.host();
    }

    /**
     * The broker's port, the same after a restart.
     *
     * @return TCP port
     */
    public int port() {
        return node.port();
    }

    /**
     * How to connect: host, port, user, password and virtual host; all else is amqp-client's default.
     *
     * @return a new factory at each call, free to be changed
     */
    public ConnectionFactory connectionFactory() {
        return node.connectionFactory();
    }

    /**
     * How to connect through a proxy.
     *
     * @param proxy a proxy to this broker
     * @return a new factory at each call, free to be changed
     */
    public ConnectionFactory connectionFactory(TcpProxy proxy) {
        ConnectionFactory factory = node.connectionFactory();
        factory.setHost(TcpProxy.HOST);
        factory.setPort(proxy.port());
        return factory;
    }

    /**
     * Whether {@link #restart()}, {@link #kill()} and {@link #startAgain()} work.
     *
     * @return false for {@link ServerKind#ENVIRONMENT}, and for {@link ServerKind#QPID}, which would forget its messages
     */
    public boolean canRestart() {
        return node.canRestart();
    }

    /**
     * Kills the broker and starts it again on the same port, with its durable queues and persistent messages; returns when
     * it accepts connections.
     */
    public void restart() {
        kill();
        startAgain();
    }

    /** Ends the broker at once, as {@code kill -9}. */
    public void kill() {
        node.kill();
    }

    /** Starts the broker again after {@link #kill()}, on the same port and with the same data. */
    public void startAgain() {
        node.startAgain();
    }

    /** Stops the broker and removes its data; one that the environment named is left as it is. */
    @Override
    public void close() {
        node.close();
    }

    /** One line: what it is, its version, where it comes from and where it listens. */
    @Override
    public String toString() {
        return product + " " + version + ", " + node.origin() + ", " + host() + ":" + port();
    }
}
