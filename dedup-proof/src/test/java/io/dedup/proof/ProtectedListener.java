package io.dedup.proof;

import com.rabbitmq.client.ConnectionFactory;
import io.dedup.DedupListener;
import io.dedup.Deduplicator;
import io.dedup.rabbit.Layer;
import io.dedup.rabbit.Tapped;
import io.dedup.spring.DedupRabbitListenerContainerFactory;
import io.dedup.spring.Protection;
import java.io.IOException;
import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.TimeoutException;
import javax.sql.DataSource;
import org.springframework.amqp.core.AcknowledgeMode;
import org.springframework.amqp.core.Message;
import org.springframework.amqp.rabbit.config.SimpleRabbitListenerEndpoint;
import org.springframework.amqp.rabbit.connection.CachingConnectionFactory;
import org.springframework.amqp.rabbit.listener.SimpleMessageListenerContainer;
import org.springframework.jdbc.datasource.DataSourceUtils;
import org.springframework.jdbc.support.JdbcTransactionManager;

/** A Spring listener container whose calls of its servers all go through a layer. */
final class ProtectedListener implements AutoCloseable {

    /** Which container, and what the application chose. */
    enum Kind {
        HOLDING_AUTO(AcknowledgeMode.AUTO),
        HOLDING_MANUAL(AcknowledgeMode.MANUAL),

        /** An error handler of the application's own has the container settle. */
        SETTLING(AcknowledgeMode.AUTO);

        private final AcknowledgeMode mode;

        Kind(AcknowledgeMode mode) {
            this.mode = mode;
        }
    }

    /** A connection that Spring opens, and all that comes from it. */
    private static final class TappedFactory extends ConnectionFactory {

        private final Layer layer;

        TappedFactory(ConnectionFactory real, Layer layer) {
            setHost(real.getHost());
            setPort(real.getPort());
            setUsername(real.getUsername());
            setPassword(real.getPassword());
            setVirtualHost(real.getVirtualHost());
            setAutomaticRecoveryEnabled(false); // Spring has its own
            this.layer = layer;
        }

        @Override
        public com.rabbitmq.client.Connection newConnection(ExecutorService executor, String name)
                throws IOException, TimeoutException {
            return Tapped.of(super.newConnection(executor, name), layer);
        }
    }

    private final CachingConnectionFactory connections;
    private final SimpleMessageListenerContainer container;

    ProtectedListener(
            ConnectionFactory broker,
            Layer layer,
            DataSource source,
            DedupListener told,
            String queue,
            Scenario scenario,
            Kind kind) {
        connections = new CachingConnectionFactory(new TappedFactory(broker, steps(layer)));
        Deduplicator dedup = Deduplicator.builder(source).listener(told).build();
        var factory =
                new DedupRabbitListenerContainerFactory(Protection.of(dedup, new JdbcTransactionManager(source), source)
                        .maxAttempts(scenario.endsAsDeadLetter() ? 1 : 10)
                        .pause(Duration.ofMillis(1), Duration.ofMillis(1)));
        factory.setConnectionFactory(connections);
        factory.setAcknowledgeMode(kind.mode);
        if (kind == Kind.SETTLING) {
            factory.setErrorHandler(failure -> {});
        }
        SimpleRabbitListenerEndpoint endpoint = new SimpleRabbitListenerEndpoint();
        endpoint.setId("orders");
        endpoint.setQueueNames(queue);
        endpoint.setMessageListener(message -> handle(source, queue, scenario, message));
        container = factory.createListenerContainer(endpoint);
        container.afterPropertiesSet();
        container.start();
    }

    /** Questions that Spring asks its channels at any time, and which no server hears, are no steps. */
    static Layer steps(Layer layer) {
        return call -> call.name().equals("isOpen") ? call.proceed() : layer.call(call);
    }

    private static void handle(DataSource source, String queue, Scenario scenario, Message message) {
        save(source, queue, message);
        if (scenario == Scenario.FAILING) {
            throw new IllegalStateException("card declined");
        }
    }

    private static void save(DataSource source, String queue, Message message) {
        try {
            Scenario.save(
                    DataSourceUtils.getConnection(source),
                    queue,
                    message.getMessageProperties().getMessageId());
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    boolean isRunning() {
        return container.isRunning();
    }

    @Override
    public void close() {
        container.stop();
        connections.destroy();
    }

    /** A process to be killed; its kind is the last argument. */
    public static void main(String[] args) throws Exception {
        DyingConsumer.Arguments given = new DyingConsumer.Arguments(args);
        Probe probe = given.probe();
        var unused = new ProtectedListener(
                given.broker(),
                probe,
                Tapped.of(given.source(), steps(probe)),
                DedupListener.NONE,
                given.queue(),
                given.scenario(),
                Kind.valueOf(given.variant()));
        given.waitForTheEnd();
    }
}
