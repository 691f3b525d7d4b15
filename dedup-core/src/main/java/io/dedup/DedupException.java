package io.dedup;

import org.jspecify.annotations.Nullable;

/** Trouble of the library's own; a handler's exceptions are never wrapped in it. The cause is the driver's, if any. */
public final class DedupException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    /** What this means for the message in hand. */
    private final Outcome outcome;

    /**
     * A trouble and what it means for the message in hand.
     *
     * @param outcome {@link Outcome#BUSY}, {@link Outcome#FAILED} or {@link Outcome#UNAVAILABLE}
     * @param message what went wrong, and what to do next
     * @param cause the driver's exception, or null
     */
    public DedupException(Outcome outcome, String message, @Nullable Throwable cause) {
        super(message, cause);
        this.outcome = outcome;
    }

    /**
     * What this means for the message in hand, where there is one.
     *
     * @return {@link Outcome#BUSY}, {@link Outcome#FAILED} or {@link Outcome#UNAVAILABLE}
     */
    public Outcome outcome() {
        return outcome;
    }
}
