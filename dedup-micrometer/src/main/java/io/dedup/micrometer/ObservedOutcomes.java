package io.dedup.micrometer;

import static java.util.Objects.requireNonNull;

import io.dedup.DedupListener;
import io.dedup.Outcome;
import io.dedup.Result;
import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationRegistry;

/**
 * Makes a skipped duplicate visible in a trace: every outcome but {@link Outcome#PROCESSED} becomes an event
 * ({@code dedup.duplicate}, {@code dedup.busy}…) of the observation that is current where the message is processed, such
 * as the one that spring-rabbit opens for each delivery if {@code spring.rabbitmq.listener.simple.observation-enabled}
 * is set. Without one it does nothing. Thread-safe.
 */
public final class ObservedOutcomes implements DedupListener {

    private final ObservationRegistry registry;

    /**
     * Does nothing yet.
     *
     * @param registry knows the current observation
     */
    public ObservedOutcomes(ObservationRegistry registry) {
        this.registry = requireNonNull(registry, "registry");
    }

    @Override
    public void onResult(Result result) {
        Observation current = registry.getCurrentObservation();
        if (current != null && result.outcome() != Outcome.PROCESSED) {
            String outcome = DedupMetrics.name(result.outcome());
            // The name is one of a few; the ID stands in the contextual name, which only traces keep.
            current.event(Observation.Event.of("dedup." + outcome, "dedup: " + outcome + " " + result.key()));
        }
    }
}
