package io.dedup.spi;

import io.dedup.MessageKey;
import io.dedup.MessageView;
import org.jspecify.annotations.Nullable;

/**
 * What the library needs to know of an adapter's deliveries. Called for each attempt; must be thread-safe.
 *
 * @param <D> the adapter's type of a delivery
 */
public interface DeliveryType<D> {

    /**
     * The message.
     *
     * @param delivery a delivery
     * @return a view of it
     */
    MessageView view(D delivery);

    /**
     * The logical name under which the message counts as processed.
     *
     * @param delivery a delivery
     * @return the consumer
     */
    String consumer(D delivery);

    /**
     * Whether the broker has delivered this very message before.
     *
     * @param delivery a delivery
     * @return true if it has
     */
    boolean isRedelivered(D delivery);

    /**
     * The key that the message is claimed under, where its ID alone does not tell it from others.
     *
     * @param delivery a delivery
     * @param byId the consumer and the message's ID
     * @return the key; the same for the same message every time
     */
    default MessageKey key(D delivery, MessageKey byId) {
        return byId;
    }

    /**
     * Why a message that turns out to be new must not be handled. A duplicate is accepted all the same.
     *
     * @param delivery a delivery
     * @return the reason that it is dead-lettered for; null to have it handled
     */
    default @Nullable String refusal(D delivery) {
        return null;
    }

    /**
     * The business entity whose messages are processed in order: after one that waits for another attempt, later ones of
     * the same entity wait too.
     *
     * @param delivery a delivery
     * @return the entity; null if the order does not matter
     */
    default @Nullable Object entity(D delivery) {
        return null;
    }
}
