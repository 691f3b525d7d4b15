package io.dedup.rabbit;

import com.rabbitmq.client.AMQP.BasicProperties;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.DefaultConsumer;
import com.rabbitmq.client.Delivery;
import com.rabbitmq.client.Envelope;
import com.rabbitmq.client.ShutdownSignalException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.stream.Stream;

/**
 * One channel's life, and what waits in its lanes. When the channel dies, the subscription dies with it, and with both
 * all deliveries that wait here: nothing of one channel can be settled on the next. A channel that amqp-client revives
 * all the same (on a connection that something has wrapped) is closed at its first delivery.
 */
final class Subscription extends DefaultConsumer implements AutoCloseable {

    private static final Delivery WAKE_UP =
            new Delivery(new Envelope(0, false, "", ""), new BasicProperties(), new byte[0]);

    private final Channel channel;
    private final Lanes lanes;
    private final List<BlockingQueue<Delivery>> waiting; // at most prefetch in all, by the broker
    private final Unsettled unsettled = new Unsettled();
    private volatile boolean over;
    private volatile boolean dead;
    private volatile boolean nearLimit;

    private Subscription(Channel channel, Lanes lanes) {
        super(channel);
        this.channel = channel;
        this.lanes = lanes;
        this.waiting = Stream.<BlockingQueue<Delivery>>generate(LinkedBlockingQueue::new)
                .limit(lanes.count())
                .toList();
    }

    static Subscription open(Connection connection, Options options, Lanes lanes) throws IOException {
        Channel channel = Channels.open(connection);
        Subscription subscription = new Subscription(channel, lanes);
        try {
            channel.basicQos(Math.min(options.prefetch() * lanes.count(), DedupConsumerBuilder.MOST_PREFETCHED));
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

    Unsettled unsettled() {
        return unsettled;
    }

    /**
     * The next deliveries of a lane: waits for one, and takes with it what is there already. None once the subscription
     * is over, whatever still waits.
     */
    List<Delivery> take(int lane, int most) throws InterruptedException {
        if (over) {
            return List.of();
        }
        BlockingQueue<Delivery> queue = waiting.get(lane);
        List<Delivery> next = new ArrayList<>();
        next.add(queue.take());
        queue.drainTo(next, most - 1);
        return over || next.contains(WAKE_UP) ? List.of() : next;
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
        unsettled.add(envelope.getDeliveryTag());
        offerAgain(delivery);
    }

    /** Whether closing the channel would bring a message near to being dropped by its queue. */
    boolean isNearLimit() {
        return nearLimit;
    }

    /** A delivery that waited here between two attempts. */
    void offerAgain(Delivery delivery) {
        waiting.get(lanes.of(delivery)).add(delivery);
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

    /** Whether nothing can be settled any more. */
    boolean isDead() {
        return dead;
    }

    /** Takes nothing more. The channel stays open for what is in work. */
    void end() {
        over = true;
        waiting.forEach(lane -> lane.add(WAKE_UP));
    }

    /** The broker gives what is not settled to someone else. */
    @Override
    public void close() {
        end();
        Channels.close(channel);
    }
}
