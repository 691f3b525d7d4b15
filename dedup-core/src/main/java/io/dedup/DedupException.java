package io.dedup;

import org.jspecify.annotations.Nullable;

/**
 * A failure of the library's own; a handler's exceptions are never wrapped in it. Says what happened and what to do next,
 * as two fields and, together, as its message. The cause is the driver's exception, if there is one.
 */
public final class DedupException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    /** What this means for the message in hand. */
    private final Outcome outcome;

    /** What happened. */
    private final String what;

    /** What to do next. */
    private final String action;

    /**
     * A failure and what it means for the message in hand.
     *
     * @param outcome {@link Outcome#BUSY}, {@link Outcome#FAILED} or {@link Outcome#UNAVAILABLE}
     * @param what what happened, without a full stop
     * @param action what to do next, without a full stop
     * @param cause the driver's exception, or null
     */
    public DedupException(Outcome outcome, String what, String action, @Nullable Throwable cause) {
        super(what + "; " + action, cause);
        this.outcome = outcome;
        this.what = what;
        this.action = action;
    }

    /**
     * What this means for the message in hand, where there is one.
     *
     * @return {@link Outcome#BUSY}, {@link Outcome#FAILED} or {@link Outcome#UNAVAILABLE}
     */
    public Outcome outcome() {
        return outcome;
    }

    /**
     * What happened.
     *
     * @return the first part of the message
     */
    public String what() {
        return what;
    }

    /**
     * What to do next.
     *
     * @return the second part of the message
     */
    public String action() {
        return action;
    }
}
