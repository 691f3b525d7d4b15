package io.dedup.rabbit;

import com.rabbitmq.client.Connection;
import com.rabbitmq.client.ConnectionFactory;
import io.dedup.DedupException;
import io.dedup.Outcome;
import io.dedup.amqp.ConfirmedPublisher;
import java.io.IOException;
import java.util.concurrent.TimeoutException;

/** The connections of one consumer: one that consumes, and another one that publishes. */
interface Connections {

    /** Opens what is not open yet. */
    Connection consuming(String consumer);

    /** For dead letters and replies, when the first is published. */
    ConfirmedPublisher.ConnectionSource publishing(String consumer);

    /** Whether they are the library's, to be closed with the consumer. */
    boolean isOwned();

    /** Connections of the library's own. They recover by themselves, however the factory is set up otherwise. */
    static Connections of(ConnectionFactory factory) {
        ConnectionFactory recovering = factory.clone();
        recovering.setAutomaticRecoveryEnabled(true);
        return new Connections() {

            @Override
            public Connection consuming(String consumer) {
                try {
                    return recovering.newConnection("dedup " + consumer);
                } catch (IOException | TimeoutException e) {
                    throw new DedupException(
                            Outcome.UNAVAILABLE,
                            "no connection to the broker at " + factory.getHost() + ":" + factory.getPort() + ": " + e,
                            "check the ConnectionFactory's host, port, virtual host, user and password",
                            e);
                }
            }

            @Override
            public ConfirmedPublisher.ConnectionSource publishing(String consumer) {
                return () -> {
                    try {
                        return recovering.newConnection("dedup " + consumer + " publishing");
                    } catch (TimeoutException e) {
                        throw new IOException(e);
                    }
                };
            }

            @Override
            public boolean isOwned() {
                return true;
            }
        };
    }

    /** Connections of the application's. */
    static Connections of(Connection consuming, Connection publishing) {
        return new Connections() {

            @Override
            public Connection consuming(String consumer) {
                return consuming;
            }

            @Override
            public ConfirmedPublisher.ConnectionSource publishing(String consumer) {
                return () -> publishing;
            }

            @Override
            public boolean isOwned() {
                return false;
            }
        };
    }
}
