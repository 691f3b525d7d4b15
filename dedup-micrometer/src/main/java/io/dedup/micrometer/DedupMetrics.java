package io.dedup.micrometer;

import io.dedup.DedupListener;
import io.dedup.Outcome;
import io.dedup.Result;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Meter.MeterProvider;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.util.Locale;

/**
 * Meters what happens to messages:
 *
 * <ul>
 *   <li>{@code dedup.transaction}, a timer by {@code consumer} and {@code outcome}: whole attempts, collisions and
 *       retries included
 *   <li>{@code dedup.claim}, a timer by {@code consumer}: the claim alone, and so the wait for another transaction that is
 *       at work on the same message
 *   <li>{@code dedup.collisions}, a counter by {@code consumer}: transactions that were run again
 *   <li>{@code dedup.purges}, a counter, and {@code dedup.purged.keys}, another
 * </ul>
 *
 * To be given to {@link io.dedup.DeduplicatorBuilder#listener}. Thread-safe.
 */
public final class DedupMetrics implements DedupListener {

    private final MeterProvider<Timer> transaction;
    private final MeterProvider<Timer> claim;
    private final MeterProvider<Counter> collisions;
    private final Counter purges;
    private final Counter purged;

    /**
     * Registers what is known before the first message.
     *
     * @param registry where the meters go
     */
    public DedupMetrics(MeterRegistry registry) {
        this.transaction = Timer.builder("dedup.transaction")
                .description("From the beginning of an attempt to process a message to the end of its transaction")
                .withRegistry(registry);
        this.claim = Timer.builder("dedup.claim")
                .description("The claim of a message, its wait for another transaction included")
                .withRegistry(registry);
        this.collisions = Counter.builder("dedup.collisions")
                .description("Transactions that collided with others and were run again")
                .withRegistry(registry);
        this.purges = Counter.builder("dedup.purges")
                .description("Purges by this process, those that another node forestalled included")
                .register(registry);
        this.purged = Counter.builder("dedup.purged.keys")
                .description("Keys forgotten by purges of this process")
                .register(registry);
    }

    @Override
    public void onResult(Result result) {
        String consumer = result.key().consumer();
        transaction
                .withTags("consumer", consumer, "outcome", name(result.outcome()))
                .record(result.took());
        if (!result.claimed().isZero()) {
            claim.withTag("consumer", consumer).record(result.claimed());
        }
        // Registered with the first message, so that a dashboard shows a zero and not a gap.
        collisions.withTag("consumer", consumer).increment(result.tries() - 1.0);
    }

    @Override
    public void onPurged(long rows) {
        purges.increment();
        purged.increment((double) rows);
    }

    static String name(Outcome outcome) {
        return outcome.name().toLowerCase(Locale.ROOT);
    }
}
