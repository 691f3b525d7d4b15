package io.dedup;

import io.dedup.spi.DeliveryType;
import io.dedup.spi.MessagePolicy;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import org.jspecify.annotations.Nullable;

/**
 * Refuses new messages that are too old, since their keys may have been forgotten, and those that the adapter refuses. Runs
 * after the claim, so duplicates pass.
 */
final class NewMessageCheck<D> {

    /** Not the handler's failure: the message is dead-lettered at once. */
    static final class Refused extends RuntimeException {
        private static final long serialVersionUID = 1L;

        Refused(String message) {
            super(message, null, false, false);
        }
    }

    private final @Nullable Duration maxAge;
    private final DeliveryType<D> type;

    NewMessageCheck(MessagePolicy policy, DeliveryType<D> type) {
        this.maxAge = policy.maxAge();
        this.type = type;
    }

    void require(D delivery) {
        String refusal = type.refusal(delivery);
        if (refusal != null) {
            throw new Refused(refusal);
        }
        if (maxAge != null && type.view(delivery).property("timestamp") instanceof Date timestamp) {
            requireYoung(timestamp.toInstant(), maxAge);
        }
    }

    private static void requireYoung(Instant published, Duration maxAge) {
        if (published.isBefore(Instant.now().minus(maxAge))) {
            throw new Refused("too old: published " + published + ", more than " + maxAge
                    + " ago, so its key may have been forgotten");
        }
    }
}
