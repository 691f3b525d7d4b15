package io.dedup.spring;

import com.rabbitmq.client.Channel;
import com.rabbitmq.client.ShutdownSignalException;
import io.dedup.amqp.AckChannel;
import io.dedup.amqp.Channels;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.Map;
import java.util.WeakHashMap;
import org.jspecify.annotations.Nullable;
import org.springframework.amqp.rabbit.connection.ChannelProxy;

/**
 * The physical channels that a container consumes on. Spring's proxy for one takes another as its target when the first is
 * gone, while deliveries of the first still wait: settled through the proxy, their tags would hit other messages, or close
 * the new channel. So the first target that is seen for a consumer is the only valid one. Thread-safe.
 */
final class PinnedChannels {

    /** What a consumer's deliveries came on; null once that is closed. */
    private static final class Pin {
        private @Nullable Channel physical;

        Pin(Channel physical) {
            this.physical = physical;
        }
    }

    private final Map<Channel, Map<String, Pin>> byProxy = new WeakHashMap<>();
    private final Map<Thread, Channel> byThread = new WeakHashMap<>();
    private final IdentityHashMap<Channel, AckChannel> open = new IdentityHashMap<>();

    /** Where a delivery is settled; null if it is stale. Called on the consumer's thread. */
    synchronized @Nullable AckChannel of(Channel channel, @Nullable String consumerTag) {
        Channel physical = channel instanceof ChannelProxy proxy ? proxy.getTargetChannel() : channel;
        byThread.put(Thread.currentThread(), physical);
        Pin pin = byProxy.computeIfAbsent(channel, each -> new HashMap<>(2))
                .computeIfAbsent(String.valueOf(consumerTag), tag -> new Pin(physical));
        if (pin.physical != physical) {
            return null;
        }
        AckChannel known = open.get(physical);
        if (known != null) {
            return known;
        }
        AckChannel acks = AckChannel.exclusive(physical, () -> Channels.close(physical));
        open.put(physical, acks);
        physical.addShutdownListener(reason -> closed(physical)); // at once if it is closed already
        return acks;
    }

    /** The calling thread begins to consume. */
    synchronized void forgetThread() {
        byThread.remove(Thread.currentThread());
    }

    /**
     * Throws why the calling thread's channel is closed, if it is. Where the channel is closed while its connection breaks,
     * as after an acknowledgement that failed, amqp-client may never notify the consumer, which would wait for ever.
     */
    synchronized void requireOpen() {
        Channel physical = byThread.get(Thread.currentThread());
        ShutdownSignalException reason = physical == null ? null : physical.getCloseReason();
        if (reason != null) {
            forgetThread();
            throw reason;
        }
    }

    private synchronized void closed(Channel physical) {
        open.remove(physical);
        for (Map<String, Pin> pins : byProxy.values()) {
            for (Pin pin : pins.values()) {
                if (pin.physical == physical) {
                    pin.physical = null;
                }
            }
        }
    }
}
