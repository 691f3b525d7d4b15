package io.dedup.rabbit;

import com.rabbitmq.client.Delivery;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Which of a channel's lanes a delivery goes through. Never throws. */
final class Lanes {

    private static final Logger log = LoggerFactory.getLogger(Lanes.class);

    private final String consumer;
    private final int count;
    private final @Nullable LaneKey key;
    private final AtomicBoolean warned = new AtomicBoolean();

    Lanes(String consumer, int count, @Nullable LaneKey key) {
        this.consumer = consumer;
        this.count = count;
        this.key = key;
    }

    int count() {
        return count;
    }

    int of(Delivery delivery) {
        if (count == 1 || key == null) {
            return 0;
        }
        try {
            String entity = key.of(delivery);
            return Math.floorMod(
                    entity == null ? delivery.getEnvelope().getDeliveryTag() : spread(entity.hashCode()), count);
        } catch (Throwable e) { // a user's code, on amqp-client's thread
            if (warned.compareAndSet(false, true)) {
                log.warn("{} - a message's lane cannot be told; such messages go through the first one", consumer, e);
            }
            return 0;
        }
    }

    /** The hash codes of numbered names differ in their last bits only. */
    private static int spread(int hash) {
        int mixed = hash * 0x9E3779B9;
        return mixed ^ (mixed >>> 16);
    }
}
