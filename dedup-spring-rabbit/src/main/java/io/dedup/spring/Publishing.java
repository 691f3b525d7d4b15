package io.dedup.spring;

import com.rabbitmq.client.Connection;
import io.dedup.amqp.ConfirmedPublisher;
import io.dedup.spi.Engine;
import io.dedup.spring.ListenerRefusedException.Reason;
import java.io.IOException;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.springframework.amqp.rabbit.connection.AbstractConnectionFactory;
import org.springframework.amqp.rabbit.connection.ConnectionFactory;

/** Finds the connection for dead letters and replies: never one that consumes. */
final class Publishing {

    private Publishing() {}

    /** For a container; opens nothing yet. */
    static ConfirmedPublisher of(ListenerConfig config, ConnectionFactory consuming, String name) {
        ConnectionFactory factory =
                config.publishing() == null ? consuming.getPublisherConnectionFactory() : config.publishing();
        if (factory != null) {
            return on(factory, config.engine(), name);
        }
        if (consuming instanceof AbstractConnectionFactory springs) {
            com.rabbitmq.client.ConnectionFactory recovering =
                    springs.getRabbitConnectionFactory().clone();
            recovering.setAutomaticRecoveryEnabled(true);
            return publisher(() -> open(recovering, name), true, config.engine(), name);
        }
        throw new ListenerRefusedException(
                Reason.PUBLISHING_CONNECTION,
                "the listener of " + name + " has a connection factory of "
                        + consuming.getClass().getName()
                        + ", which has no connection of its own for publishing dead letters and replies",
                "give the Protection a publishingConnection, on which nobody consumes",
                null);
    }

    /** The factory keeps its connections, and opens a new one after one that is closed. */
    static ConfirmedPublisher on(ConnectionFactory factory, Engine engine, String name) {
        return publisher(() -> physical(factory), false, engine, name);
    }

    private static ConfirmedPublisher publisher(
            ConfirmedPublisher.ConnectionSource source, boolean owned, Engine engine, String name) {
        return new ConfirmedPublisher(source, owned, engine.scheduler("dedup-" + name + "-publisher"));
    }

    private static Connection physical(ConnectionFactory factory) throws IOException {
        @Nullable Connection connection = factory.createConnection().getDelegate();
        if (connection == null) {
            throw new IOException("connections of " + factory.getClass().getName() + " hide the one of amqp-client");
        }
        return connection;
    }

    private static Connection open(com.rabbitmq.client.ConnectionFactory factory, String name) throws IOException {
        try {
            return factory.newConnection("dedup " + name + " publishing");
        } catch (TimeoutException e) {
            throw new IOException(e);
        }
    }
}
