package io.dedup.micrometer;

import io.dedup.DedupAdmin;
import io.dedup.DedupException;
import io.dedup.DedupListener;
import io.dedup.Deduplicator;
import io.dedup.Outcome;
import io.dedup.Result;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.Meter.MeterProvider;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.time.Instant;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Meters what the broker's side knows of messages:
 *
 * <ul>
 *   <li>{@code dedup.deliveries}, a counter by {@code consumer}, {@code outcome} and {@code cause}: {@code redelivery} if
 *       the broker has handed this very message out before, {@code publisher} for a duplicate that it has not, which so
 *       is a new message with an old ID, otherwise {@code first}
 *   <li>{@code dedup.duplicate.age}, a summary by {@code consumer}, in seconds: how long after its processing a message
 *       came again. If its largest come near the retention, the retention is too short
 *   <li>{@code dedup.dead.letters}, a counter by {@code consumer}
 * </ul>
 *
 * To be given to {@link io.dedup.DeduplicatorBuilder#listener}. The age costs one look into the table for each
 * duplicate: the message's own timestamp says when this copy was published, and not when the first was processed.
 * Thread-safe.
 */
public final class DeliveryMetrics implements DedupListener {

    private static final Logger log = LoggerFactory.getLogger(DeliveryMetrics.class);

    private static final double[] AGES = {
        1, 60, 600, 3_600, 6 * 3_600, 86_400, 3 * 86_400, 7 * 86_400, 14 * 86_400, 30 * 86_400
    };

    private final DedupAdmin admin;
    private final MeterProvider<Counter> deliveries;
    private final MeterProvider<Counter> deadLetters;
    private final MeterProvider<DistributionSummary> ages;

    /**
     * Registers nothing before the first delivery.
     *
     * @param registry where the meters go
     * @param dedup knows when a duplicate was processed
     */
    public DeliveryMetrics(MeterRegistry registry, Deduplicator dedup) {
        this.admin = dedup.admin();
        this.deliveries = Counter.builder("dedup.deliveries")
                .description("Deliveries by what became of them, and why there was one")
                .withRegistry(registry);
        this.deadLetters = Counter.builder("dedup.dead.letters")
                .description("Messages that were dead-lettered")
                .withRegistry(registry);
        this.ages = DistributionSummary.builder("dedup.duplicate.age")
                .description("How long after its processing a message came again")
                .baseUnit("seconds")
                .serviceLevelObjectives(AGES)
                .withRegistry(registry);
    }

    @Override
    public void onDelivery(Result result, boolean redelivered) {
        String consumer = result.key().consumer();
        Outcome outcome = result.outcome();
        boolean duplicate = outcome == Outcome.DUPLICATE || outcome == Outcome.DIFFERENT_BODY;
        String cause = redelivered ? "redelivery" : duplicate ? "publisher" : "first";
        deliveries
                .withTags("consumer", consumer, "outcome", DedupMetrics.name(outcome), "cause", cause)
                .increment();
        if (outcome == Outcome.DUPLICATE) {
            meterAge(result);
        }
    }

    @Override
    public void onDeadLetter(String consumer, String reason) {
        deadLetters.withTag("consumer", consumer).increment();
    }

    private void meterAge(Result result) {
        try {
            admin.processedAt(result.key())
                    .map(processed -> Duration.between(processed, Instant.now()))
                    .ifPresent(age -> ages.withTag("consumer", result.key().consumer())
                            .record(Math.max(0, age.toMillis() / 1000.0))); // two clocks
        } catch (DedupException e) {
            log.debug("{} - the age of this duplicate is not known", result.key(), e);
        }
    }
}
