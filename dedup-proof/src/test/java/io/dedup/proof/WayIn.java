package io.dedup.proof;

import io.dedup.rabbit.Shop;

/** One of the ways in which messages come to a handler. All of them keep the same promises. */
interface WayIn {

    /** Its name, the same in each run. */
    String name();

    /** Whether a message that waits for its next attempt lets others pass. */
    default boolean holds() {
        return true;
    }

    /**
     * Consumes the shop's queue until it is closed.
     *
     * @param shop the queue, and the database
     * @param terms how messages that cannot be processed are treated
     * @param handler what is done for each new message
     */
    AutoCloseable consume(Shop shop, ContractTerms terms, ContractHandler handler) throws Exception;
}
