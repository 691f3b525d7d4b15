package io.dedup.rabbit;

import com.rabbitmq.client.Connection;
import com.rabbitmq.client.ConnectionFactory;
import com.rabbitmq.client.Delivery;
import io.dedup.ConsumerState;
import io.dedup.Deduplicator;
import io.dedup.MessageConsumer;
import io.dedup.amqp.ConfirmedPublisher;
import io.dedup.amqp.DeadLetterPublisher;
import io.dedup.amqp.DeliveryWorkers;
import io.dedup.amqp.HeldDelivery;
import io.dedup.amqp.Queues;
import io.dedup.spi.DeliveryProcessor;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Consumes a queue so that each message's effects in the database happen exactly once. For every delivery:
 *
 * <ol>
 *   <li>find the message's ID; without one it goes to the dead-letter queue
 *   <li>claim the message, run the handler and commit, in one transaction
 *   <li>processed now or before: acknowledge. Failed: keep it unacknowledged, run it again after a pause while others pass,
 *       and dead-letter it after some attempts. The database is away: pause until it is back
 * </ol>
 *
 * It survives lost channels and connections: a delivery of a dead channel is dropped before work, and one that is in
 * work is detected as a duplicate when it comes again. One subscription serves all workers. Thread-safe.
 */
public final class DedupConsumer implements MessageConsumer, AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(DedupConsumer.class);
    private static final Duration ABORT_WAIT = Duration.ofSeconds(1);

    private final ConsumerConfig config;
    private final DeliveryProcessor<HeldDelivery<Delivery>> processor;
    private final ConfirmedPublisher publisher;
    private final DeliveryWorkers<Delivery> workers;
    private final Connection connection;
    private final boolean ownsConnection;
    private final RecoveringSubscription subscription;
    private volatile @Nullable Instant closedSince;

    DedupConsumer(
            Connections connections,
            Connection connection,
            ConsumerConfig config,
            ConfirmedPublisher publisher,
            DeadLetterPublisher deadLetters,
            PlainDeliveries deliveries,
            DeliveryProcessor<HeldDelivery<Delivery>> processor) {
        this.config = config;
        this.processor = processor;
        this.publisher = publisher;
        this.connection = connection;
        this.ownsConnection = connections.isOwned();
        this.workers = new DeliveryWorkers<>(
                new DeliveryWorkers.Setting(
                        config.consumer(),
                        config.concurrency(),
                        config.lane() != null,
                        config.policy().pauses().first()),
                config.engine(),
                processor,
                deliveries,
                deadLetters,
                new Narrowing());
        this.subscription = new RecoveringSubscription(connection, config, new Receiving());
        try {
            subscription.open();
        } catch (IOException | RuntimeException e) {
            throw StartCheck.refusal(
                    "cannot consume from queue '" + config.queue() + "': " + Queues.reasonOf(e),
                    "check that the queue exists and that the user may read it",
                    e);
        }
        workers.start();
        log.info(
                "{} - consuming from {} with {} workers, at most {} unacknowledged",
                config.consumer(),
                config.queue(),
                config.concurrency(),
                config.prefetchOfAll());
    }

    /**
     * A builder for a consumer with connections of its own: one that consumes and, when the first dead letter or reply is
     * published, another one. Both recover by themselves, and are closed with the consumer. Defaults: one worker, one
     * message at a time, prefetch 100, IDs from the AMQP property {@code message-id}.
     *
     * @param factory the broker
     * @param dedup the database
     * @param queue the queue to consume; must exist
     * @return the builder
     */
    public static DedupConsumerBuilder builder(ConnectionFactory factory, Deduplicator dedup, String queue) {
        return new DedupConsumerBuilder(Connections.of(factory), dedup, queue);
    }

    /**
     * A builder for a consumer on connections of the application's, which stay the application's to close: for queues that
     * are exclusive to a connection, or to share connections.
     *
     * @param consuming with automatic recovery on, which is amqp-client's default
     * @param publishing another one, for dead letters and replies: an alarm of the broker blocks a connection that
     *     publishes, acknowledgements included
     * @param dedup the database
     * @param queue the queue to consume; must exist
     * @return the builder
     * @see <a href="https://www.rabbitmq.com/docs/connection-blocked">RabbitMQ, blocked connections</a>
     */
    public static DedupConsumerBuilder builder(
            Connection consuming, Connection publishing, Deduplicator dedup, String queue) {
        return new DedupConsumerBuilder(Connections.of(consuming, publishing), dedup, queue);
    }

    @Override
    public String name() {
        return config.consumer();
    }

    /**
     * How it fares: running, paused while the database or the broker is away, or closed.
     *
     * @return the state at this moment
     */
    @Override
    public ConsumerState state() {
        if (subscription.isGone() || !workers.isAlive()) {
            Instant since = closedSince;
            return new ConsumerState(ConsumerState.Phase.CLOSED, null, since == null ? Instant.now() : since);
        }
        String outage = workers.outage();
        Instant lost = subscription.lostSince();
        if (outage == null && lost != null) {
            return new ConsumerState(ConsumerState.Phase.PAUSED, "no channel to the broker", lost);
        }
        return new ConsumerState(
                outage == null ? ConsumerState.Phase.RUNNING : ConsumerState.Phase.PAUSED,
                outage == null ? workers.publishFailure() : outage,
                workers.outageSince());
    }

    /**
     * How many messages without an ID were processed without protection; see
     * {@link io.dedup.MissingId#PROCESS_UNPROTECTED}.
     *
     * @return the number since the start
     */
    public long unprotected() {
        return processor.unprotected();
    }

    /** Closes with a limit of 30 seconds; see {@link #close(Duration)}. */
    @Override
    public void close() {
        close(Duration.ofSeconds(30));
    }

    /**
     * Takes nothing new, waits until what is in work is committed and acknowledged, and closes its channel; the broker
     * gives everything else to other consumers. What is still in work at the limit is interrupted. Whatever happens to
     * it then, its message comes again and is processed or detected as a duplicate.
     *
     * @param limit how long to wait
     */
    public void close(Duration limit) {
        workers.stop();
        subscription.cancel(); // before the channel ends: so quorum queues count one return, and not several
        workers.awaitOrInterrupt(limit);
        subscription.close();
        closedSince = closedSince == null ? Instant.now() : closedSince;
        workers.close();
        publisher.close();
        if (ownsConnection) {
            connection.abort((int) ABORT_WAIT.toMillis());
        }
    }

    private final class Receiving implements RecoveringSubscription.Receiver {

        @Override
        public void received(HeldDelivery<Delivery> delivery) {
            workers.add(delivery);
        }

        @Override
        public void narrowed(@Nullable HeldDelivery<Delivery> last) {
            workers.releaseWaiting(held -> held == last);
        }
    }

    private final class Narrowing implements DeliveryWorkers.OutageListener {

        @Override
        public void outageBegan() {
            subscription.narrow();
        }

        @Override
        public void outageEnded() {
            subscription.widen();
        }
    }
}
