package io.dedup.amqp;

import com.rabbitmq.client.AMQP.BasicProperties;
import com.rabbitmq.client.BlockedListener;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Publishes on a connection of its own, and tells when the broker has a message for good. Never on a connection that
 * consumes: an alarm of the broker blocks a publishing connection, acknowledgements included. Opens the connection with the
 * first message, and publishes nothing while it is blocked. Thread-safe.
 *
 * @see <a href="https://www.rabbitmq.com/docs/confirms#publisher-confirms">RabbitMQ, publisher confirms</a>
 * @see <a href="https://www.rabbitmq.com/docs/connection-blocked">RabbitMQ, blocked connections</a>
 */
public final class ConfirmedPublisher implements AutoCloseable {

    /** Where the connection comes from. */
    @FunctionalInterface
    public interface ConnectionSource {

        /**
         * Opens or finds the connection.
         *
         * @return an open connection that nobody consumes on
         * @throws IOException if there is none
         */
        Connection get() throws IOException;
    }

    private static final Logger log = LoggerFactory.getLogger(ConfirmedPublisher.class);

    private static final long TIMEOUT_MILLIS = 10_000;

    private final ConnectionSource source;
    private final boolean owned;
    private final ScheduledExecutorService thread;
    private @Nullable Connection connection; // of the thread
    private @Nullable PublishingChannel channel; // of the thread
    private volatile @Nullable String blocked;

    /**
     * Does no I/O.
     *
     * @param source where the connection comes from; asked again after each that was closed
     * @param owned whether {@link #close} closes the connection
     * @param thread a scheduler of this publisher's own
     */
    public ConfirmedPublisher(ConnectionSource source, boolean owned, ScheduledExecutorService thread) {
        this.source = source;
        this.owned = owned;
        this.thread = thread;
    }

    /**
     * Publishes a message.
     *
     * @param exchange where to; {@code ""} for a queue
     * @param routingKey the routing key
     * @param mandatory whether the broker must find a queue for it
     * @param properties its properties
     * @param body its body
     * @return completed when the broker has confirmed it; exceptionally if it is returned, refused, not confirmed within 10
     *     seconds, or not published at all. Callbacks run on threads of amqp-client's or the library's, and must not block
     */
    public CompletableFuture<Void> publish(
            String exchange, String routingKey, boolean mandatory, BasicProperties properties, byte[] body) {
        CompletableFuture<Void> confirmed = new CompletableFuture<>();
        try {
            thread.execute(() -> {
                try {
                    String reason = blocked;
                    if (reason != null) {
                        throw new IOException("the broker blocks publishing connections: " + reason);
                    }
                    channel().publish(exchange, routingKey, mandatory, properties, body, confirmed);
                } catch (Throwable e) { // an Error too: whoever waits must hear of it
                    confirmed.completeExceptionally(e);
                }
            });
        } catch (RejectedExecutionException e) {
            confirmed.completeExceptionally(new IOException("the publisher is closed", e));
        }
        return inTime(confirmed, "no confirm");
    }

    /** On a thread of the JDK's: this publisher's own may be what is late. */
    private static CompletableFuture<Void> inTime(CompletableFuture<Void> future, String what) {
        return future.orTimeout(TIMEOUT_MILLIS, TimeUnit.MILLISECONDS)
                .exceptionallyCompose(failure -> CompletableFuture.failedFuture(
                        failure instanceof TimeoutException
                                ? new IOException(what + " within " + TIMEOUT_MILLIS + " ms", failure)
                                : failure));
    }

    /**
     * Runs something with the publishing connection, before what is published later.
     *
     * @param use what to do
     * @return completed when it is done; exceptionally with what it threw, what kept the connection from being opened, or
     *     after 10 seconds
     */
    public CompletableFuture<Void> with(Use use) {
        CompletableFuture<Void> done = new CompletableFuture<>();
        try {
            thread.execute(() -> {
                try {
                    use.of(connection());
                    done.complete(null);
                } catch (Throwable e) {
                    done.completeExceptionally(e);
                }
            });
        } catch (RejectedExecutionException e) {
            done.completeExceptionally(new IOException("the publisher is closed", e));
        }
        return inTime(done, "no answer of the broker's");
    }

    /** What is done with the publishing connection. */
    @FunctionalInterface
    public interface Use {

        /**
         * Uses it.
         *
         * @param connection the publishing connection
         * @throws IOException if that fails
         */
        void of(Connection connection) throws IOException;
    }

    private PublishingChannel channel() throws IOException {
        if (channel == null || !channel.isOpen()) {
            Channel opened = Channels.open(connection());
            channel = new PublishingChannel(opened);
        }
        return channel;
    }

    private Connection connection() throws IOException {
        Connection current = connection;
        if (current == null || !current.isOpen()) {
            if (owned && current != null) {
                current.abort((int) TIMEOUT_MILLIS); // it would recover beside the new one
            }
            Connection opened = source.get();
            if (opened != current) {
                blocked = null;
                opened.addBlockedListener(new Blocked());
                opened.addShutdownListener(reason -> blocked = null); // nobody unblocks a connection that is gone
            }
            connection = opened;
            return opened;
        }
        return current;
    }

    private final class Blocked implements BlockedListener {

        @Override
        public void handleBlocked(String reason) {
            log.warn("the broker blocks publishing connections: {}; nothing is published until that ends", reason);
            blocked = reason;
        }

        @Override
        public void handleUnblocked() {
            blocked = null;
        }
    }

    /** Publishes nothing more. What is not confirmed yet completes exceptionally. */
    @Override
    public void close() {
        try {
            thread.execute(() -> {
                if (channel != null) {
                    Channels.close(channel.channel());
                }
                if (owned && connection != null) {
                    connection.abort((int) TIMEOUT_MILLIS);
                }
            });
        } catch (RejectedExecutionException e) {
            log.trace("closed already", e);
        }
        thread.shutdown();
    }
}
