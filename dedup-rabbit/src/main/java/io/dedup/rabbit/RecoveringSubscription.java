package io.dedup.rabbit;

import com.rabbitmq.client.AMQP.BasicProperties;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.DefaultConsumer;
import com.rabbitmq.client.Delivery;
import com.rabbitmq.client.Envelope;
import com.rabbitmq.client.Recoverable;
import com.rabbitmq.client.ShutdownSignalException;
import io.dedup.amqp.AckChannel;
import io.dedup.amqp.AmqpMessageView;
import io.dedup.amqp.Channels;
import io.dedup.amqp.DeliveryCount;
import io.dedup.amqp.HeldDelivery;
import io.dedup.amqp.Lanes;
import io.dedup.amqp.Queues;
import io.dedup.spi.Backoff;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The one subscription of a consumer: when its channel dies, there is a new one. One for all workers, since the end of a
 * connection counts against a quorum queue's message up to once for each channel that consumes the queue.
 *
 * <p>While the database is away it is narrowed to one message, so that other processes can have the rest, and never given
 * up: a queue that deletes itself with its last consumer would go with its messages.
 *
 * @see <a href="https://www.rabbitmq.com/docs/quorum-queues#poison-message-handling">RabbitMQ, delivery limit</a>
 */
final class RecoveringSubscription {

    /** Where deliveries go. */
    interface Receiver {
        void received(HeldDelivery<Delivery> delivery);

        /** What waits and was delivered before this one goes to others. */
        void narrowed(@Nullable HeldDelivery<Delivery> last);
    }

    private static final Logger log = LoggerFactory.getLogger(RecoveringSubscription.class);
    private static final Backoff PAUSES = new Backoff(Duration.ofMillis(100), Duration.ofSeconds(10));
    private static final Duration LONG = Duration.ofSeconds(10);

    private final Connection connection;
    private final ConsumerConfig config;
    private final Lanes lanes;
    private final Receiver receiver;
    private final ScheduledExecutorService thread;
    private @Nullable Subscriber current;
    private boolean narrow;
    private boolean closed;
    private volatile @Nullable Instant lostSince;
    private volatile boolean goneForGood;

    RecoveringSubscription(Connection connection, ConsumerConfig config, Receiver receiver) {
        this.connection = connection;
        this.config = config;
        this.lanes = new Lanes(config.consumer(), config.lane());
        this.receiver = receiver;
        this.thread = config.engine().scheduler("dedup-" + config.consumer() + "-subscription");
    }

    /** So that whoever starts it hears what is wrong. */
    synchronized void open() throws IOException {
        Channel channel = Channels.open(connection);
        try {
            current = new Subscriber(channel, AckChannel.exclusive(channel, () -> lost(channel)), narrow);
            channel.addShutdownListener(reason -> lost(channel));
            current.subscribe();
        } catch (IOException | RuntimeException e) {
            current = null;
            Channels.close(channel);
            throw e;
        }
    }

    /** On one channel, and one consumer tag. */
    private final class Subscriber extends DefaultConsumer {

        private final AckChannel acks;
        private final boolean isNarrow;
        private volatile @Nullable HeldDelivery<Delivery> last;
        private String tag = "";

        Subscriber(Channel channel, AckChannel acks, boolean isNarrow) {
            super(channel);
            this.acks = acks;
            this.isNarrow = isNarrow;
        }

        void subscribe() throws IOException {
            getChannel().basicQos(isNarrow ? 1 : config.prefetchOfAll());
            tag = getChannel().basicConsume(config.queue(), false, this);
        }

        /** By the tag of the broker's answer, which amqp-client tells the consumer of later. */
        void cancel() throws IOException {
            getChannel().basicCancel(tag);
        }

        /** Never blocks and never throws: either would harm the connection's other channels. */
        @Override
        public void handleDelivery(String consumerTag, Envelope envelope, BasicProperties properties, byte[] body) {
            Delivery delivery = new Delivery(envelope, properties, body);
            acks.received(envelope.getDeliveryTag());
            HeldDelivery<Delivery> held = new HeldDelivery<>(
                    delivery,
                    acks,
                    envelope.getDeliveryTag(),
                    DeliveryCount.of(properties.getHeaders()),
                    lanes.of(new AmqpMessageView(delivery)));
            last = held;
            receiver.received(held);
        }

        /** The queue was deleted, or its node went away. */
        @Override
        public void handleCancel(String consumerTag) {
            lost(this);
        }

        @Override
        public void handleShutdownSignal(String consumerTag, ShutdownSignalException signal) {
            lost(this);
        }
    }

    private void lost(Subscriber subscriber) {
        execute(() -> {
            synchronized (this) {
                if (closed || subscriber != current) {
                    return;
                }
                current = null;
                lostSince = Instant.now();
            }
            log.debug("{} - lost its channel, opens a new one", config.consumer());
            Channels.close(subscriber.getChannel());
            reopenLater(1);
        });
    }

    /**
     * The channel is closed, or is to be, since a call on it failed. Where its connection breaks at that moment, amqp-client
     * may notify the channel only, and never the consumer.
     */
    private void lost(Channel channel) {
        execute(() -> {
            Subscriber subscriber;
            synchronized (this) {
                subscriber = current;
            }
            if (subscriber != null && subscriber.getChannel() == channel) {
                lost(subscriber);
            }
        });
    }

    private void reopenLater(int tries) {
        try {
            var unused =
                    thread.schedule(() -> reopen(tries), PAUSES.after(tries).toMillis(), TimeUnit.MILLISECONDS);
        } catch (RejectedExecutionException e) {
            log.debug("{} - closed", config.consumer(), e);
        }
    }

    private void reopen(int tries) {
        synchronized (this) {
            if (closed) {
                return;
            }
            try {
                open();
                lostSince = null;
                return;
            } catch (IOException | RuntimeException e) {
                if (isGoneForGood()) {
                    goneForGood = true;
                    log.error(
                            "{} - stops: the connection is closed and does not recover by itself; give the builder a"
                                    + " ConnectionFactory, or connections with automatic recovery",
                            config.consumer(),
                            e);
                    return;
                }
                warnIfLong(e);
            }
        }
        reopenLater(tries + 1);
    }

    private void warnIfLong(Exception e) {
        Instant since = lostSince;
        if (since != null && Duration.between(since, Instant.now()).compareTo(LONG) > 0) {
            log.warn(
                    "{} - cannot subscribe to {} since {}: {}",
                    config.consumer(),
                    config.queue(),
                    since,
                    Queues.reasonOf(e));
        }
    }

    private boolean isGoneForGood() {
        ShutdownSignalException reason = connection.getCloseReason();
        return reason != null && (!(connection instanceof Recoverable) || reason.isInitiatedByApplication());
    }

    /** From now on one message at a time is fetched. */
    void narrow() {
        execute(() -> resubscribe(true));
    }

    void widen() {
        execute(() -> resubscribe(false));
    }

    /** On the same channel, the new subscription before the old one ends: the queue is never without. */
    private void resubscribe(boolean toNarrow) {
        Subscriber next;
        synchronized (this) {
            narrow = toNarrow;
            Subscriber before = current;
            if (closed || before == null || before.isNarrow == toNarrow) {
                return; // a new channel is opened as it is to be now
            }
            next = new Subscriber(before.getChannel(), before.acks, toNarrow);
            current = next;
            try {
                next.subscribe();
                before.cancel();
            } catch (IOException | RuntimeException e) {
                log.debug("{} - its channel is gone; the next one is opened as it is to be", config.consumer(), e);
                lost(next);
                return;
            }
        }
        if (toNarrow) {
            receiver.narrowed(next.last);
        }
    }

    /** Since when there is no channel; null while there is one. */
    @Nullable Instant lostSince() {
        return lostSince;
    }

    /** Whether it has ended by itself. */
    boolean isGone() {
        return goneForGood;
    }

    /** Takes nothing new. The channel stays open for what is in work. */
    synchronized void cancel() {
        closed = true;
        if (current != null) {
            try {
                current.cancel();
            } catch (IOException | RuntimeException e) {
                log.debug("{} - its channel is gone", config.consumer(), e);
            }
        }
        thread.shutdown();
    }

    /** The broker gives what is not settled to someone else. */
    synchronized void close() {
        if (current != null) {
            Channels.close(current.getChannel());
        }
    }

    private void execute(Runnable step) {
        try {
            thread.execute(step);
        } catch (RejectedExecutionException e) {
            log.debug("{} - closed", config.consumer(), e);
        }
    }
}
