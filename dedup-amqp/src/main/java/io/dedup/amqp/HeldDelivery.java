package io.dedup.amqp;

import static java.util.Objects.requireNonNull;

import org.jspecify.annotations.Nullable;

/**
 * A delivery that a consumer holds unacknowledged, waiting, in work, or between two attempts.
 *
 * @param <D> what is processed for it
 */
public final class HeldDelivery<D> {

    private enum Place {
        WAITING,
        IN_WORK,
        SETTLED
    }

    private final D content;
    private final AckChannel channel;
    private final long tag;
    private final long deliveryCount;
    private final @Nullable Object entity;
    private final long since = System.nanoTime();
    private Place place = Place.WAITING;
    private boolean unknown;

    /**
     * One that has just arrived.
     *
     * @param content what is processed for it; the same for each attempt
     * @param channel where it is settled
     * @param tag its tag on that channel
     * @param deliveryCount how often its quorum queue has got it back, by {@link DeliveryCount}
     * @param entity the business entity whose messages keep their order; null if it does not matter
     */
    public HeldDelivery(D content, AckChannel channel, long tag, long deliveryCount, @Nullable Object entity) {
        this.content = requireNonNull(content, "content");
        this.channel = requireNonNull(channel, "channel");
        this.tag = tag;
        this.deliveryCount = deliveryCount;
        this.entity = entity;
    }

    /**
     * What is processed.
     *
     * @return the content
     */
    public D content() {
        return content;
    }

    /**
     * Whether an earlier attempt here ended with an unknown commit, which makes this one as good as redelivered.
     *
     * @return true if one did
     */
    public synchronized boolean isAfterUnknown() {
        return unknown;
    }

    synchronized void afterUnknown() {
        unknown = true;
    }

    AckChannel channel() {
        return channel;
    }

    long tag() {
        return tag;
    }

    long deliveryCount() {
        return deliveryCount;
    }

    /**
     * The business entity whose messages keep their order.
     *
     * @return the entity; null if the order does not matter
     */
    public @Nullable Object entity() {
        return entity;
    }

    long heldNanos() {
        return System.nanoTime() - since;
    }

    /** Whether there is still something to do for it here; then it is in work. */
    synchronized boolean begin() {
        if (place != Place.WAITING || !channel.isOpen()) {
            return false;
        }
        place = Place.IN_WORK;
        return true;
    }

    /** Between two attempts. */
    synchronized void waits() {
        if (place == Place.IN_WORK) {
            place = Place.WAITING;
        }
    }

    /** Settles it unless it is in work, or settled. */
    synchronized boolean settledIfWaiting() {
        boolean waiting = place == Place.WAITING;
        if (waiting) {
            place = Place.SETTLED;
        }
        return waiting;
    }

    synchronized boolean isOver() {
        return place == Place.SETTLED || !channel.isOpen();
    }

    /** Returns whether it was not settled before. */
    synchronized boolean settled() {
        boolean first = place != Place.SETTLED;
        place = Place.SETTLED;
        return first;
    }
}
