package io.dedup;

/**
 * What to do with a message in which no ID is found. Another place to look for one is not a matter of this policy but of
 * {@link MessageIdResolver#orElse}.
 */
public enum MissingId {
    /** Dead-letter it, with the reason. */
    DEAD_LETTER,

    /**
     * Process it without protection: every copy and every redelivery of it is processed again. Its failures are counted by
     * its body.
     */
    PROCESS_UNPROTECTED
}
