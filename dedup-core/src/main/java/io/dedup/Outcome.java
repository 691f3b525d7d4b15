package io.dedup;

/** What became of one attempt to process a message, and so what its delivery deserves. */
public enum Outcome {
    /** The handler ran, and its writes and the key are committed. Acknowledge. */
    PROCESSED,

    /** The key was committed before; the handler did not run. Acknowledge. */
    DUPLICATE,

    /**
     * The key was committed before, with another body's {@link Fingerprint}; the handler did not run. Not a duplicate:
     * two messages share an ID. Dead-letter it.
     */
    DIFFERENT_BODY,

    /**
     * Another transaction is at work on the same key, or transactions kept colliding (SQLState 40001, 40P01); nothing
     * is left of this attempt. Give the message back and let it come again a little later; no fault of the handler.
     */
    BUSY,

    /** The handler failed, or it left a transaction that cannot be committed; nothing is left of this attempt. */
    FAILED,

    /** The database could not be used; nothing is left of this attempt. Give the message back; no fault of the handler. */
    UNAVAILABLE,

    /**
     * The connection broke during the commit: the database knows whether it happened, this process does not. Never
     * acknowledge and never dead-letter; give the message back, and the claim of its redelivery decides.
     */
    UNKNOWN;

    /**
     * Whether the message's effects are known to be committed, now or earlier: the only reason to acknowledge it.
     *
     * @return true for {@link #PROCESSED} and {@link #DUPLICATE}
     */
    public boolean isDone() {
        return this == PROCESSED || this == DUPLICATE;
    }
}
