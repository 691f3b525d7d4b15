package io.dedup.rabbit;

/**
 * What to do with a message in which no ID is found. Another place to look for one is not a matter of this policy but of
 * {@link MessageIdResolver#orElse}.
 */
public enum MissingId {
    /** Put it aside, with the reason. */
    DEAD_LETTER,

    /**
     * Process it without protection: every copy and every redelivery of it is processed again. Counted by {@link
     * DedupConsumer#unprotected()}.
     */
    PROCESS_UNPROTECTED,

    /** Leave it in the queue and try again after a pause, with a warning each time, until a human has helped. */
    KEEP
}
