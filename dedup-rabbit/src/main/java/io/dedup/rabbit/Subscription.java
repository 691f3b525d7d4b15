package io.dedup.rabbit;

import com.rabbitmq.client.AMQP.BasicProperties;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.DefaultConsumer;
import com.rabbitmq.client.Delivery;
import com.rabbitmq.client.Envelope;
import com.rabbitmq.client.ShutdownSignalException;
import java.io.IOException;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import org.jspecify.annotations.Nullable;

/**
 * One channel's life. When the channel dies, the subscription dies with it, and with both all deliveries that wait
 * here: nothing of one channel can be settled on the next. A channel that amqp-client revives all the same (on a connection that something has wrapped) is closed at its first
 * delivery.
 */
final class Subscription extends DefaultConsumer implements AutoCloseable {

    private static final Delivery WAKE_UP =
            new Delivery(new Envelope(0, false, "", ""), new BasicProperties(), new byte[0]);

    private final Channel channel;
    private final BlockingQueue<Delivery> waiting = new LinkedBlockingQueue<>(); // at most prefetch, by the broker
    private volatile boolean over;
    private volatile boolean dead;
    private volatile boolean nearLimit;

    private Subscription(Channel channel) {
        super(channel);
        this.channel = channel;
    }

    static Subscription open(Connection connection, Options options) throws IOException {
        Channel channel = Channels.open(connection);
        Subscription subscription = new Subscription(channel);
        try {
            channel.basicQos(options.prefetch());
            channel.basicConsume(options.queue(), false, subscription);
            return subscription;
        } catch (IOException | RuntimeException e) {
            subscription.close();
            throw e;
        }
    }

    Channel channel() {
        return channel;
    }

    /** The next delivery; null once the subscription is over, whatever still waits. */
    @Nullable Delivery take() throws InterruptedException {
        Delivery next = over ? WAKE_UP : waiting.take();
        return over || next == WAKE_UP ? null : next;
    }

    /** Never blocks and never throws: either would harm the connection's other channels. */
    @Override
    public void handleDelivery(String tag, Envelope envelope, BasicProperties properties, byte[] body) {
        if (dead) { // recovery was faster than close(): give back what the revived channel is sent
            new Thread(this::close, "dedup-close").start();
        }
        Delivery delivery = new Delivery(envelope, properties, body);
        if (Returns.areMany(delivery)) {
            nearLimit = true;
        }
        waiting.add(delivery);
    }

    /** Whether closing the channel would bring a message near to being dropped by its queue. */
    boolean isNearLimit() {
        return nearLimit;
    }

    /** A delivery that waited here between two attempts. */
    void offerAgain(Delivery delivery) {
        waiting.add(delivery);
    }

    /** The queue was deleted, or its node went away. */
    @Override
    public void handleCancel(String consumerTag) {
        end();
    }

    @Override
    public void handleShutdownSignal(String consumerTag, ShutdownSignalException signal) {
        dead = true;
        end();
    }

    /** Takes nothing more. The channel stays open for what is in work. */
    void end() {
        over = true;
        waiting.add(WAKE_UP);
    }

    /** The broker gives what is not settled to someone else. */
    @Override
    public void close() {
        end();
        Channels.close(channel);
    }
}
