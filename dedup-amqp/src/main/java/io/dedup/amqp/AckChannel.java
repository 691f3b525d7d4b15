package io.dedup.amqp;

import com.rabbitmq.client.AlreadyClosedException;
import com.rabbitmq.client.Channel;
import java.io.IOException;
import java.util.Collection;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Settles the deliveries of one physical channel, with {@code multiple} only where everything older is settled: it would
 * acknowledge what is still in work. A call that fails means that the channel is gone and the broker gives the delivery to
 * someone else; if its effects are committed, it is detected as a duplicate there. Thread-safe: one call at a time.
 *
 * @see <a href="https://www.rabbitmq.com/docs/confirms">RabbitMQ, consumer acknowledgements</a>
 */
public final class AckChannel {

    private static final Logger log = LoggerFactory.getLogger(AckChannel.class);

    private final Channel channel;
    private final @Nullable UnackedTags unacked;
    private final Runnable onFailure;

    private AckChannel(Channel channel, @Nullable UnackedTags unacked, Runnable onFailure) {
        this.channel = channel;
        this.unacked = unacked;
        this.onFailure = onFailure;
    }

    /**
     * For a channel whose deliveries are all {@linkplain #received received} and settled here.
     *
     * @param channel a physical channel, which is never recovered under the same object
     * @param onFailure called after a call that failed: what is not settled would stay with the channel for as long as it
     *     lives, so it is to be closed
     * @return the settlement of its deliveries
     */
    public static AckChannel exclusive(Channel channel, Runnable onFailure) {
        return new AckChannel(channel, new UnackedTags(), onFailure);
    }

    /**
     * For a channel on which others settle deliveries too; nothing is acknowledged with {@code multiple}.
     *
     * @param channel the channel
     * @return the settlement of some deliveries
     */
    public static AckChannel shared(Channel channel) {
        return new AckChannel(channel, null, () -> {});
    }

    /**
     * To be called for each delivery, in their order, before any of them is settled.
     *
     * @param tag the delivery's tag
     */
    public void received(long tag) {
        if (unacked != null) {
            unacked.add(tag);
        }
    }

    /**
     * Whether deliveries can still be settled.
     *
     * @return false once the channel is closed
     */
    public boolean isOpen() {
        return channel.isOpen();
    }

    /**
     * Acknowledges: one call for those that nothing older is left of, and one for each of the others.
     *
     * @param tags the deliveries' tags
     * @return false if the channel is gone
     */
    public boolean ack(Collection<Long> tags) {
        if (tags.isEmpty()) {
            return true;
        }
        return quietly(() -> {
            long allUpTo = unacked == null ? 0 : unacked.removeAll(tags);
            long newest = 0;
            int together = 0;
            for (long tag : tags) {
                if (tag > allUpTo) {
                    channel.basicAck(tag, false);
                } else {
                    newest = Math.max(newest, tag);
                    together++;
                }
            }
            if (together > 0) {
                channel.basicAck(newest, together > 1);
            }
        });
    }

    /**
     * Acknowledges one.
     *
     * @param tag the delivery's tag
     * @return false if the channel is gone
     */
    public boolean ack(long tag) {
        return ack(List.of(tag));
    }

    /**
     * Returns a delivery to its queue, in the way that quorum queues do not count since RabbitMQ 4.3.
     *
     * @param tag the delivery's tag
     * @see <a href="https://www.rabbitmq.com/docs/quorum-queues#poison-message-handling">RabbitMQ, delivery limit</a>
     */
    public void release(long tag) {
        settleAlone(tag, () -> channel.basicNack(tag, false, true));
    }

    /**
     * Returns a delivery to its queue, in the way that quorum queues count.
     *
     * @param tag the delivery's tag
     */
    public void releaseAfterFailure(long tag) {
        settleAlone(tag, () -> channel.basicReject(tag, true));
    }

    /**
     * Has the broker dead-letter a delivery, or drop it where its queue has no dead-letter exchange.
     *
     * @param tag the delivery's tag
     * @see <a href="https://www.rabbitmq.com/docs/dlx">RabbitMQ, dead-letter exchanges</a>
     */
    public void reject(long tag) {
        settleAlone(tag, () -> channel.basicReject(tag, false));
    }

    private interface Call {
        void run() throws IOException;
    }

    /** It counts as unacknowledged until the call is on its way: nobody's {@code multiple} may overtake that. */
    private void settleAlone(long tag, Call call) {
        var unused = quietly(() -> {
            call.run();
            if (unacked != null) {
                unacked.remove(tag);
            }
        });
    }

    /** One at a time: pauses end on another thread than the one that works, and channels are not for concurrent use. */
    private boolean quietly(Call call) {
        synchronized (channel) {
            try {
                call.run();
                return true;
            } catch (IOException | AlreadyClosedException e) {
                log.debug("the channel is gone; the delivery will come again", e);
                onFailure.run();
            } catch (RuntimeException e) {
                log.warn("a delivery could not be settled; its channel is closed, and it will come again", e);
                onFailure.run();
            }
            return false;
        }
    }
}
