package io.dedup.rabbit;

import io.dedup.Result;
import java.util.Collection;
import java.util.List;

/**
 * Told what became of deliveries, with what only the broker's side knows of them; {@link io.dedup.DedupListener} hears of
 * every message, delivered or not. Called after the message's transaction, on a thread that processes messages; must be
 * thread-safe. What it throws is logged and goes no further.
 */
public interface DeliveryListener {

    /**
     * A delivery with an ID has been processed, recognised, or neither; it is about to be settled.
     *
     * @param result what became of it
     * @param redelivered whether the broker has handed out this very message before; a {@linkplain
     *     io.dedup.Outcome#DUPLICATE duplicate} that it has not is the publisher's: a new message with the same ID
     */
    default void onDelivery(Result result, boolean redelivered) {}

    /**
     * A delivery has been put aside.
     *
     * @param consumer the consumer's logical name
     * @param reason why, in a human's words
     */
    default void onDeadLetter(String consumer, String reason) {}

    /**
     * Tells several.
     *
     * @param listeners each is told, whatever another one throws
     * @return a listener that throws nothing
     */
    static DeliveryListener all(Collection<? extends DeliveryListener> listeners) {
        return new DeliveryListeners(List.copyOf(listeners));
    }
}
