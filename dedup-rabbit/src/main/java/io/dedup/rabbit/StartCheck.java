package io.dedup.rabbit;

import com.rabbitmq.client.Connection;
import io.dedup.DedupException;
import io.dedup.MessageKey;
import io.dedup.Outcome;
import java.io.IOException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What is wrong is found at the start and not at the first message. */
final class StartCheck {

    private static final Logger log = LoggerFactory.getLogger(StartCheck.class);

    private StartCheck() {}

    static void run(Connection connection, Options options) {
        String queue = options.queue();
        var unused = new MessageKey(options.consumer(), "any"); // throws what is wrong with the name
        options.dedup().verify();
        warnOfShortRetention(options);
        try {
            if (!Queues.exists(connection, queue)) {
                throw refusal("there is no queue '" + queue + "'; declare it before its consumer starts", null);
            }
            new DeadLetters(connection, options).declare();
        } catch (IOException | RuntimeException e) {
            throw e instanceof DedupException d
                    ? d
                    : refusal(
                            "cannot look at queue '" + queue + "' or declare '" + options.deadLetterQueue() + "': "
                                    + Queues.reasonOf(e)
                                    + "; check the connection, and the user's rights to read, write and configure them",
                            e);
        }
    }

    private static void warnOfShortRetention(Options options) {
        Duration retention = options.dedup().retention();
        Duration retries = new Backoff(options.firstPause(), options.longestPause()).total(options.maxAttempts());
        Duration maxAge = options.maxAge();
        if (retries.compareTo(retention) >= 0) {
            log.warn(
                    "{} - keys are remembered for {}, but {} attempts can take {}; a redelivery may be processed twice."
                            + " Raise the Deduplicator's retention",
                    options.consumer(),
                    retention,
                    options.maxAttempts(),
                    retries);
        }
        if (maxAge != null && maxAge.compareTo(retention) > 0) {
            log.warn(
                    "{} - keys are remembered for {}, but messages may be {} old; an old duplicate may be processed"
                            + " twice. Lower maxAge, or raise the Deduplicator's retention",
                    options.consumer(),
                    retention,
                    maxAge);
        }
    }

    static DedupException refusal(String message, @Nullable Throwable cause) {
        return new DedupException(Outcome.UNAVAILABLE, message, cause);
    }
}
