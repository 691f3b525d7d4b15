package io.dedup.rabbit;

import com.rabbitmq.client.Delivery;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import org.jspecify.annotations.Nullable;

/** Refuses messages whose key may have been forgotten. */
final class Freshness {

    /** Thrown inside the transaction, so that a message that was processed long ago is still recognised. */
    static final class TooOld extends RuntimeException {
        private static final long serialVersionUID = 1L;

        TooOld(String message) {
            super(message, null, false, false);
        }
    }

    private final @Nullable Duration maxAge;

    Freshness(@Nullable Duration maxAge) {
        this.maxAge = maxAge;
    }

    void require(Delivery delivery) {
        Date timestamp = delivery.getProperties().getTimestamp();
        if (maxAge != null && timestamp != null) {
            Instant published = timestamp.toInstant();
            if (published.isBefore(Instant.now().minus(maxAge))) {
                throw new TooOld("too old: published " + published + ", more than " + maxAge
                        + " ago, so its key may have been forgotten");
            }
        }
    }
}
