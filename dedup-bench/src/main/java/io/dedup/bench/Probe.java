package io.dedup.bench;

import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.impl.AbstractMetricsCollector;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Stands in every contestant's amqp-client and sees the same thing of each: from the first message that is delivered to the
 * last that is acknowledged. What the JVM uses is read over the last three quarters, when everything has warmed up.
 */
final class Probe extends AbstractMetricsCollector {

    private final int messages;
    private final AtomicInteger delivered = new AtomicInteger();
    private final AtomicInteger acknowledged = new AtomicInteger();
    private final CountDownLatch done = new CountDownLatch(1);
    private volatile long firstAt;
    private volatile long lastAt;
    private volatile JvmUse early = JvmUse.NONE;
    private volatile JvmUse late = JvmUse.NONE;

    Probe(int messages) {
        this.messages = messages;
    }

    /** Waits for the last acknowledgement; false if it does not come in time. */
    boolean await(Duration limit) throws InterruptedException {
        boolean finished = done.await(limit.toMillis(), TimeUnit.MILLISECONDS);
        if (!finished) {
            lastAt = System.nanoTime();
        }
        return finished;
    }

    double perSecond() {
        return acknowledged.get() / ((lastAt - firstAt) / 1e9);
    }

    /** CPU time and allocation of this JVM, by message. */
    JvmUse use() {
        return late.minus(early).dividedBy(messages - messages / 4);
    }

    void delivered() {
        if (delivered.getAndIncrement() == 0) {
            firstAt = System.nanoTime();
        }
    }

    void acknowledged() {
        int count = acknowledged.incrementAndGet();
        if (count == messages / 4) {
            early = JvmUse.now();
        }
        if (count == messages) {
            lastAt = System.nanoTime();
            late = JvmUse.now();
            done.countDown();
        }
    }

    @Override
    protected void markConsumedMessage() {
        delivered();
    }

    @Override
    protected void markAcknowledgedMessage() {
        acknowledged();
    }

    @Override
    protected void incrementConnectionCount(Connection connection) {}

    @Override
    protected void decrementConnectionCount(Connection connection) {}

    @Override
    protected void incrementChannelCount(Channel channel) {}

    @Override
    protected void decrementChannelCount(Channel channel) {}

    @Override
    protected void markPublishedMessage() {}

    @Override
    protected void markMessagePublishFailed() {}

    @Override
    @SuppressWarnings("deprecation") // abstract all the same
    protected void markRejectedMessage() {}

    @Override
    protected void markMessagePublishAcknowledged() {}

    @Override
    protected void markMessagePublishNotAcknowledged() {}

    @Override
    protected void markPublishedMessageUnrouted() {}
}
