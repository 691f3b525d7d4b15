package io.dedup;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * How a {@link MessageConsumer} fares.
 *
 * @param phase whether it consumes
 * @param reason why it does not, if paused; if it runs, what hampers it, such as a dead-letter queue that cannot be published to
 * @param since when this phase began
 */
public record ConsumerState(Phase phase, @Nullable String reason, Instant since) {

    /** Whether it consumes. */
    public enum Phase {
        /** It takes messages from the queue. */
        RUNNING,
        /** It takes none, because database or broker are away, and will go on by itself. */
        PAUSED,
        /** It has ended: closed, or its connection is gone for good. */
        CLOSED
    }
}
