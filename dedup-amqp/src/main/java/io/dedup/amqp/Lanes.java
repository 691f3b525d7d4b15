package io.dedup.amqp;

import io.dedup.LaneKey;
import io.dedup.MessageView;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Which business entity a delivery is about. Never throws. Thread-safe. */
public final class Lanes {

    private static final Logger log = LoggerFactory.getLogger(Lanes.class);

    /** Of all messages whose entity cannot be told: they keep their order among themselves. */
    private static final Object UNKNOWN = new Object();

    private final String consumer;
    private final @Nullable LaneKey key;
    private final AtomicBoolean warned = new AtomicBoolean();

    /**
     * The lanes of one consumer.
     *
     * @param consumer the consumer's logical name, for logs
     * @param key names the entity; null where the order does not matter
     */
    public Lanes(String consumer, @Nullable LaneKey key) {
        this.consumer = consumer;
        this.key = key;
    }

    /**
     * The entity that a delivery is about.
     *
     * @param message the delivery
     * @return the entity; null if any worker will do
     */
    public @Nullable Object of(MessageView message) {
        if (key == null) {
            return null;
        }
        try {
            return key.of(message);
        } catch (Throwable e) { // a user's code, on a thread that delivers
            if (warned.compareAndSet(false, true)) {
                log.warn("{} - a message's lane cannot be told; such messages share one lane", consumer, e);
            }
            return UNKNOWN;
        }
    }
}
