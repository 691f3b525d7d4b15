package io.dedup.spring.boot;

import io.dedup.Deduplicator;
import io.dedup.FailingMessage;
import io.dedup.MessageKey;
import io.dedup.TableSize;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.aot.hint.annotation.RegisterReflectionForBinding;
import org.springframework.boot.actuate.endpoint.InvalidEndpointRequestException;
import org.springframework.boot.actuate.endpoint.annotation.DeleteOperation;
import org.springframework.boot.actuate.endpoint.annotation.Endpoint;
import org.springframework.boot.actuate.endpoint.annotation.ReadOperation;
import org.springframework.boot.actuate.endpoint.annotation.Selector;
import org.springframework.boot.actuate.endpoint.annotation.WriteOperation;
import org.springframework.boot.actuate.endpoint.web.WebEndpointResponse;

/**
 * The Actuator endpoint {@code dedup}:
 *
 * <ul>
 *   <li>{@code GET /actuator/dedup}: retention, size of the table, figures by consumer since this process began
 *   <li>{@code GET /actuator/dedup/{consumer}}: one consumer's figures, and its messages that fail at present
 *   <li>{@code GET /actuator/dedup/{consumer}?id=…}: when that message was processed, and its failures
 *   <li>{@code DELETE /actuator/dedup/{consumer}?id=…}: forget that message, if {@code dedup.endpoint.forget} is set
 *   <li>{@code POST /actuator/dedup}: purge now what is older than {@code dedup.retention}, if that is set
 * </ul>
 *
 * {@code management.endpoint.dedup.access=read-only} leaves the first three.
 */
@Endpoint(id = "dedup")
@RegisterReflectionForBinding({
    DedupEndpoint.ConsumerReport.class,
    DedupEndpoint.MessageReport.class,
    DedupEndpoint.Purged.class,
    DedupEndpoint.Forgotten.class,
    DedupEndpoint.Refused.class
})
public final class DedupEndpoint {

    private static final int MOST = 100;

    private final Deduplicator dedup;
    private final OutcomeCounters counters;
    private final @Nullable Duration retention;
    private final boolean mayForget;

    DedupEndpoint(Deduplicator dedup, OutcomeCounters counters, @Nullable Duration retention, boolean mayForget) {
        this.dedup = dedup;
        this.counters = counters;
        this.retention = retention;
        this.mayForget = mayForget;
    }

    /**
     * The whole.
     *
     * @param retention how long keys are remembered, {@code dedup.retention}; null if nothing is ever purged
     * @param table PostgreSQL's estimate of the table's size
     * @param purged keys that this process has forgotten since it began
     * @param failing how many messages fail at present, by consumer; of all processes
     * @param consumers what happened, by consumer; of this process since it began
     */
    public record Summary(
            @Nullable Duration retention,
            TableSize table,
            long purged,
            Map<String, Long> failing,
            Map<String, Map<String, Long>> consumers) {}

    /** What is told of a consumer or a message. */
    public sealed interface Report {}

    /**
     * One consumer.
     *
     * @param consumer its logical name
     * @param figures what happened; of this process since it began
     * @param failing its messages that fail at present, the latest failure first, at most 100; of all processes
     */
    public record ConsumerReport(String consumer, Map<String, Long> figures, List<FailingMessage> failing)
            implements Report {}

    /**
     * One message.
     *
     * @param key the message
     * @param processedAt when it was processed; null if it was not, or is forgotten
     * @param failing its failures since; null if there were none
     */
    public record MessageReport(
            MessageKey key,
            @Nullable Instant processedAt,
            @Nullable FailingMessage failing) implements Report {}

    /** What was done, or why it was not. */
    public sealed interface Answer {}

    /**
     * What a purge did.
     *
     * @param olderThan the age of the keys that it forgot
     * @param keys how many it forgot; 0 as well if another node was purging
     */
    public record Purged(Duration olderThan, long keys) implements Answer {}

    /**
     * Whether there was anything to forget.
     *
     * @param forgotten true if there was
     */
    public record Forgotten(boolean forgotten) implements Answer {}

    /**
     * Nothing was done. Not thrown, since Boot's error pages keep the reason to themselves.
     *
     * @param refused why, and what to set
     */
    public record Refused(String refused) implements Answer {}

    /**
     * The whole.
     *
     * @return the summary
     */
    @ReadOperation
    public Summary summary() {
        return new Summary(
                retention,
                dedup.admin().size(),
                counters.purged(),
                dedup.admin().failing(),
                counters.all());
    }

    /**
     * One consumer, or one message.
     *
     * @param consumer the consumer's logical name
     * @param id a message's ID; null for the consumer
     * @return the report
     */
    @ReadOperation
    public Report report(@Selector String consumer, @Nullable String id) {
        if (id == null) {
            return new ConsumerReport(
                    consumer, counters.of(consumer), dedup.admin().failing(consumer, MOST));
        }
        MessageKey key = key(consumer, id);
        return new MessageReport(
                key,
                dedup.admin().processedAt(key).orElse(null),
                dedup.admin().failuresOf(key).orElse(null));
    }

    /**
     * Forgets one message, so that it is processed again when it comes again.
     *
     * @param consumer the consumer's logical name
     * @param id the message's ID
     * @return whether there was anything to forget; 400 unless {@code dedup.endpoint.forget} is set
     */
    @DeleteOperation
    public WebEndpointResponse<Answer> forget(@Selector String consumer, String id) {
        return mayForget
                ? new WebEndpointResponse<>(new Forgotten(dedup.admin().forget(key(consumer, id))))
                : refused(
                        "a message that is forgotten is processed again; set dedup.endpoint.forget=true to allow that");
    }

    /**
     * Purges now.
     *
     * @return what was forgotten; 400 unless {@code dedup.retention} is set
     */
    @WriteOperation
    public WebEndpointResponse<Answer> purge() {
        return retention != null
                ? new WebEndpointResponse<>(new Purged(retention, dedup.admin().purge(retention)))
                : refused("nothing is purged until you say how long keys are to be remembered; set dedup.retention");
    }

    private static WebEndpointResponse<Answer> refused(String why) {
        return new WebEndpointResponse<>(new Refused(why), WebEndpointResponse.STATUS_BAD_REQUEST);
    }

    private static MessageKey key(String consumer, String id) {
        try {
            return new MessageKey(consumer, id);
        } catch (IllegalArgumentException e) {
            String reason = String.valueOf(e.getMessage());
            throw new InvalidEndpointRequestException(reason, reason, e);
        }
    }
}
