package io.dedup.rabbit.spring;

import com.rabbitmq.client.Channel;
import io.dedup.Result;
import java.time.Duration;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps a message on its thread while it cannot be processed through no fault of its own. Given back at once it would
 * come again at once, thousands of times, and a quorum queue drops what has come back too often. But not for longer than
 * the broker bears with an unacknowledged message (30 minutes).
 */
final class Patience {

    private static final Logger log = LoggerFactory.getLogger(Patience.class);
    private static final Duration LIMIT = Duration.ofMinutes(10);
    private static final long FIRST_PAUSE_MILLIS = 100;
    private static final long LONGEST_PAUSE_MILLIS = 5_000;
    private static final long LOOK_MILLIS = 50;

    private final BooleanSupplier active;
    private final Channel channel;
    private final long start = System.nanoTime();
    private long pause = FIRST_PAUSE_MILLIS;
    private boolean said;

    /** {@code active} is false once the container stops. */
    Patience(BooleanSupplier active, Channel channel) {
        this.active = active;
        this.channel = channel;
    }

    /** Pauses; false if it is no use to try again here. */
    boolean lasts(Object what, String why, Result result) {
        return lasts(what, why + " (" + result.outcome() + ")", result.cause());
    }

    boolean lasts(Object what, String why) {
        return lasts(what, why, (Throwable) null);
    }

    boolean lasts(Object what, String why, @Nullable Throwable cause) {
        if (said) {
            log.debug("{} - still {}", what, why, cause);
        } else {
            log.warn("{} - {}; it is kept and tried again", what, why, cause);
            said = true;
        }
        long until = System.nanoTime() + Duration.ofMillis(pause).toNanos();
        pause = Math.min(2 * pause, LONGEST_PAUSE_MILLIS);
        try {
            while (System.nanoTime() - until < 0 && canWait()) {
                Thread.sleep(LOOK_MILLIS);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
        return canWait();
    }

    private boolean canWait() {
        return active.getAsBoolean() && channel.isOpen() && System.nanoTime() - start < LIMIT.toNanos();
    }
}
