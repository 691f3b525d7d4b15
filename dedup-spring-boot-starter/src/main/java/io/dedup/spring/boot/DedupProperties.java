package io.dedup.spring.boot;

import io.dedup.DifferentBody;
import io.dedup.MissingId;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * The properties {@code dedup.*}.
 *
 * @param schema schema that holds the tables; by default wherever the connection's search path finds them
 * @param table table of keys; the others are named after it
 * @param migrate whether to create and update the tables with Flyway, before any listener starts
 * @param maxWait how long a claim waits for another transaction that is at work on the same message; it comes again later
 *     then. Containers that hold messages, the default, wait 50 ms at most
 * @param timeLimit how long a handler may take for one message; no limit by default
 * @param retention how long keys are remembered: longer than any redelivery, dead-letter replay and publisher's retry can
 *     take. If it is not set, nothing is ever purged
 * @param purge the purge
 * @param rabbit the listeners
 * @param endpoint the Actuator endpoint
 */
@ConfigurationProperties("dedup")
public record DedupProperties(
        @Nullable String schema,
        @DefaultValue("processed_message") String table,
        @DefaultValue("true") boolean migrate,
        @DefaultValue("2s") Duration maxWait,
        @Nullable Duration timeLimit,
        @Nullable Duration retention,
        @DefaultValue Purge purge,
        @DefaultValue Rabbit rabbit,
        @DefaultValue Endpoint endpoint) {

    /**
     * The properties {@code dedup.purge.*}.
     *
     * @param enabled whether this process purges what is older than dedup.retention; any number of nodes may
     * @param every the time between two purges
     */
    public record Purge(
            @DefaultValue("true") boolean enabled,
            @DefaultValue("1h") Duration every) {}

    /**
     * The properties {@code dedup.rabbit.*}, with the names and defaults of {@link io.dedup.spring.Protection}; for what
     * only code can say, define a bean of that type.
     *
     * @param allListeners whether every RabbitListener is protected, and not only those of the container factory
     *     dedupRabbitListenerContainerFactory
     * @param unprotected listeners that all-listeners leaves out, by the listener's id or by its queues, all of them
     * @param consumer logical name under which messages count as processed; by default the queue that each comes from. Holds
     *     for all listeners: two queues that get copies of one message then process it once between them
     * @param messageId where a message's ID is: property, property:NAME, header:NAME, json-pointer:/PATH, digest (of the
     *     body) or spel:EXPRESSION; of several, separated by commas, the first in which an ID is found. By default the
     *     property message-id
     * @param lane where the name of the entity is whose messages keep their order, in the same form as message-id, such
     *     as header:account or property:routing-key; by default no order is kept
     * @param onMissingId what to do with a message that has no ID: dead-letter or process-unprotected
     * @param onDifferentBody what to do with a new message under an old one's ID: dead-letter, skip or process; bodies are
     *     not compared by default
     * @param maxAge age above which a message that is not a duplicate is dead-lettered; no limit by default
     * @param maxAttempts how often a handler may fail before its message is dead-lettered, counted in the database; 5 by
     *     default, but where a retry, recoverer or error handler of the application's own decides nothing is counted
     *     unless this is set
     * @param neverRetry exceptions after which a message is dead-lettered at once, as they are or as a cause
     * @param pause the pauses between the attempts of one message
     * @param maxGroup how many waiting messages may share a transaction
     * @param deadLetter who dead-letters a message: publish (the library publishes it to dead-letter-queue) or broker (the
     *     message is rejected, and the queue has an x-dead-letter-exchange). By default broker for queues whose Queue bean
     *     has that argument, publish for all others
     * @param deadLetterQueue where the library publishes dead-lettered messages; by default the queue's name and .dead
     */
    public record Rabbit(
            @DefaultValue("false") boolean allListeners,
            @DefaultValue List<String> unprotected,
            @Nullable String consumer,
            @DefaultValue List<String> messageId,
            @Nullable String lane,
            @DefaultValue("dead-letter") MissingId onMissingId,
            @Nullable DifferentBody onDifferentBody,
            @Nullable Duration maxAge,
            @Nullable Integer maxAttempts,
            @DefaultValue List<Class<? extends Throwable>> neverRetry,
            @DefaultValue Pause pause,
            @DefaultValue("1") int maxGroup,
            @Nullable DeadLetter deadLetter,
            @Nullable String deadLetterQueue) {}

    /**
     * The properties {@code dedup.rabbit.pause.*}.
     *
     * @param first the pause after the first failure; each one after it is twice as long
     * @param longest the longest pause
     */
    public record Pause(
            @DefaultValue("1s") Duration first,
            @DefaultValue("1m") Duration longest) {}

    /** Who dead-letters a message. */
    public enum DeadLetter {
        /** The library publishes it, and acknowledges it once that is confirmed. */
        PUBLISH,
        /** The message is rejected, and the broker dead-letters it as the queue's x-dead-letter-exchange says. */
        BROKER
    }

    /**
     * The properties {@code dedup.endpoint.*}.
     *
     * @param forget whether the endpoint may forget a message, which is processed again then
     */
    public record Endpoint(@DefaultValue("false") boolean forget) {}
}
