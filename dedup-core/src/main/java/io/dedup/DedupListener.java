package io.dedup;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/**
 * Notified after the fact, on the thread that did the work, outside the message's transaction. Must be thread-safe. What
 * it throws is logged and goes no further: no message hangs on it.
 *
 * <p>One listener serves {@link DeduplicatorBuilder#listener}, the consumer's builder, and Spring alike.
 */
public interface DedupListener {

    /** Ignores everything. */
    DedupListener NONE = new DedupListener() {};

    /**
     * An attempt to process a message has ended, its transaction too. Called for every message, whether it was delivered
     * by a broker or not.
     *
     * @param result the attempt
     */
    default void onResult(Result result) {}

    /**
     * An attempt to process a delivery has ended; the delivery is about to be settled, or waits for its next attempt.
     *
     * @param result the attempt
     * @param redelivered whether the broker has delivered this very message before. A {@linkplain Outcome#DUPLICATE
     *     duplicate} that is not redelivered is the publisher's: a new message with an old ID
     */
    default void onDelivery(Result result, boolean redelivered) {}

    /**
     * A delivery has been dead-lettered.
     *
     * @param consumer the consumer's logical name
     * @param reason why
     */
    default void onDeadLetter(String consumer, String reason) {}

    /**
     * A purge has ended.
     *
     * @param rows how many keys it forgot
     */
    default void onPurged(long rows) {}

    /**
     * Notifies several listeners, each whatever another one throws.
     *
     * @param listeners the listeners
     * @return a listener that throws nothing
     */
    static DedupListener all(Collection<? extends DedupListener> listeners) {
        return new Listeners(List.copyOf(listeners));
    }

    /**
     * This listener and another one.
     *
     * @param other notified after this one
     * @return a listener that throws nothing
     */
    default DedupListener and(DedupListener other) {
        List<DedupListener> both = new ArrayList<>(2);
        both.add(this);
        both.add(other);
        return all(both);
    }
}
