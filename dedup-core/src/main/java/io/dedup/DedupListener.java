package io.dedup;

/**
 * Told after the fact, on the thread that processed the message, outside the transaction. What it throws is logged and
 * goes no further.
 */
public interface DedupListener {

    /** Hears nothing. */
    DedupListener NONE = new DedupListener() {};

    /**
     * An attempt has ended, its transaction too.
     *
     * @param result what became of it
     */
    default void onResult(Result result) {}

    /**
     * A purge has ended.
     *
     * @param rows how many keys it forgot
     */
    default void onPurged(long rows) {}
}
