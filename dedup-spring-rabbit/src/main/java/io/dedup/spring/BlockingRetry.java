package io.dedup.spring;

import com.rabbitmq.client.Channel;
import java.time.Duration;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps a message on its thread while a settling container cannot process it through no fault of its own. Returned at once
 * it would come again at once, thousands of times, and a quorum queue drops what has come back too often. But not for
 * longer than the broker bears with an unacknowledged message (30 minutes). Of one thread.
 */
final class BlockingRetry {

    private static final Logger log = LoggerFactory.getLogger(BlockingRetry.class);
    private static final Duration LIMIT = Duration.ofMinutes(10);
    private static final long LOOK_MILLIS = 50;

    private final BooleanSupplier active;
    private final Channel channel;
    private final long start = System.nanoTime();

    /** {@code active} is false once the container stops. */
    BlockingRetry(BooleanSupplier active, Channel channel) {
        this.active = active;
        this.channel = channel;
    }

    /** Pauses; false if it is no use to try again here. */
    boolean waits(Duration pause) {
        long until = System.nanoTime() + pause.toNanos();
        try {
            while (System.nanoTime() - until < 0 && canWait()) {
                Thread.sleep(Math.min(LOOK_MILLIS, Math.max(1, (until - System.nanoTime()) / 1_000_000)));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
        boolean again = canWait();
        if (!again) {
            log.debug("a message is returned to its queue; it could not be processed here");
        }
        return again;
    }

    private boolean canWait() {
        return active.getAsBoolean() && channel.isOpen() && System.nanoTime() - start < LIMIT.toNanos();
    }
}
