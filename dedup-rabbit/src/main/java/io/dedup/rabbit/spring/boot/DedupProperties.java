package io.dedup.rabbit.spring.boot;

import io.dedup.rabbit.DifferentBody;
import io.dedup.rabbit.MissingId;
import java.time.Duration;
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
 *     then
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
     * The properties {@code dedup.rabbit.*}; for more, define a {@link io.dedup.rabbit.spring.Protection} bean.
     *
     * @param allListeners whether every RabbitListener is protected, and not only those of the container factory
     *     dedupRabbitListenerContainerFactory
     * @param consumer logical name under which messages count as processed; by default the queue that each comes from
     * @param messageIdHeader header with the ID of messages that lack the property message-id
     * @param onMissingId what to do with a message that has no ID: keep, dead-letter or process-unprotected
     * @param onDifferentBody what to do with a new message under an old one's ID: dead-letter, skip or process; bodies are
     *     not compared by default
     * @param maxAttempts how often a handler may fail before its message is put aside, counted in the database; by default
     *     Spring's own settings decide
     * @param groups how many waiting messages may share a transaction; not for direct containers
     */
    public record Rabbit(
            @DefaultValue("false") boolean allListeners,
            @Nullable String consumer,
            @Nullable String messageIdHeader,
            @DefaultValue("keep") MissingId onMissingId,
            @Nullable DifferentBody onDifferentBody,
            @Nullable Integer maxAttempts,
            @DefaultValue("1") int groups) {}

    /**
     * The properties {@code dedup.endpoint.*}.
     *
     * @param forget whether the endpoint may forget a message, which is processed again then
     */
    public record Endpoint(@DefaultValue("false") boolean forget) {}
}
