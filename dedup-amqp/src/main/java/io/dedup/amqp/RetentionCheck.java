package io.dedup.amqp;

import io.dedup.spi.Engine;
import io.dedup.spi.MessagePolicy;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Warns where a key can be forgotten before its message comes for the last time. */
public final class RetentionCheck {

    private static final Logger log = LoggerFactory.getLogger(RetentionCheck.class);

    private RetentionCheck() {}

    /**
     * Compares a consumer's settings with the deduplicator's retention.
     *
     * @param consumer the consumer's logical name, for the log
     * @param engine the deduplicator
     * @param policy the settings
     */
    public static void warn(String consumer, Engine engine, MessagePolicy policy) {
        Duration retention = engine.retention();
        Duration retries = policy.pauses().total(policy.maxAttempts());
        Duration maxAge = policy.maxAge();
        if (retries.compareTo(retention) >= 0) {
            log.warn(
                    "{} - keys are remembered for {}, but {} attempts can take {}; a redelivery may be processed twice."
                            + " Raise the Deduplicator's retention",
                    consumer,
                    retention,
                    policy.maxAttempts(),
                    retries);
        }
        if (maxAge != null && maxAge.compareTo(retention) > 0) {
            log.warn(
                    "{} - keys are remembered for {}, but messages may be {} old; an old duplicate may be processed"
                            + " twice. Lower maxAge, or raise the Deduplicator's retention",
                    consumer,
                    retention,
                    maxAge);
        }
    }
}
