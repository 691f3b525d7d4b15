package io.dedup.spi;

import java.util.List;

/**
 * Processes deliveries and says what to do with each: finds the key, claims it, runs the handler in the claim's
 * transaction, commits, and judges what went wrong. Knows no broker, throws nothing. Thread-safe.
 *
 * @param <D> the adapter's type of a delivery
 */
public interface DeliveryProcessor<D> {

    /**
     * How many deliveries to hand over next.
     *
     * @return at most this many, at least 1; none is to be waited for
     */
    int mostAtOnce();

    /**
     * Processes deliveries, in one transaction where groups are set up.
     *
     * @param deliveries in the order they came in
     * @return what to do with each, in the same order
     */
    List<Disposition> process(List<D> deliveries);

    /**
     * Judges a failure that kept a delivery from being processed, such as one of the adapter's host before it knew the
     * message. Counted by the message's body.
     *
     * @param delivery the delivery
     * @param cause what was thrown
     * @return what to do with it
     */
    Disposition failed(D delivery, Throwable cause);

    /**
     * To be called once a delivery is dead-lettered for good: ends the count of its failures, so that a replay has all
     * attempts again, and notifies the listeners.
     *
     * @param delivery the delivery
     * @param dead as {@link #process} returned it
     */
    void deadLettered(D delivery, Disposition.DeadLetter dead);

    /**
     * How many messages without an ID were processed without protection.
     *
     * @return the number since the start
     * @see io.dedup.MissingId#PROCESS_UNPROTECTED
     */
    long unprotected();

    /** From now on handlers may be interrupted, and what fails is not counted as their failure. */
    void closing();
}
