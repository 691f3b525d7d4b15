package io.dedup.test;

import com.rabbitmq.client.ConnectionFactory;
import java.net.URI;
import java.net.URISyntaxException;
import java.security.GeneralSecurityException;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The broker that {@code DEDUP_AMQP_URI} names. */
final class EnvironmentBroker implements BrokerNode, Node.Unrestartable {
    static final String VARIABLE = "DEDUP_AMQP_URI";

    private final String uri;
    private final ConnectionFactory read;

    EnvironmentBroker(String uri) {
        this.uri = uri;
        this.read = connectionFactory();
    }

    static Optional<String> missing() {
        return missing(System.getenv(VARIABLE));
    }

    static Optional<String> missing(@Nullable String uri) {
        return uri != null && !uri.isBlank()
                ? Optional.empty()
                : Optional.of("DEDUP_AMQP_URI is not set; set it to the URI of a broker, as in"
                        + " amqp://guest:guest@localhost:5672/%2f.");
    }

    static EnvironmentBroker connect() {
        return new EnvironmentBroker(System.getenv(VARIABLE));
    }

    @Override
    public ConnectionFactory connectionFactory() {
        ConnectionFactory factory = new ConnectionFactory();
        try {
            factory.setUri(new URI(uri));
        } catch (URISyntaxException | GeneralSecurityException | IllegalArgumentException e) {
            // Without the cause: its message holds the URI, and that the password.
            throw new ServerException("Cannot read DEDUP_AMQP_URI ("
                    + e.getClass().getSimpleName() + "). It must look like amqp://user:password@host:5672/%2f");
        }
        return factory;
    }

    @Override
    public ServerKind kind() {
        return ServerKind.ENVIRONMENT;
    }

    @Override
    public String origin() {
        return "named by DEDUP_AMQP_URI";
    }

    @Override
    public String host() {
        return read.getHost();
    }

    @Override
    public int port() {
        return read.getPort();
    }

    @Override
    public void close() {
        // not ours
    }
}
