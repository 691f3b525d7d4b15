package io.dedup.examples;

/**
 * What became of one side.
 *
 * @param delivered deliveries that its consumer was handed
 * @param redelivered those of them that the broker flagged as redelivered
 * @param duplicates those that were recognised and skipped
 * @param cuts how often its connection was cut
 * @param books what its database holds
 * @param left messages that are still in its queue
 */
record Readout(long delivered, long redelivered, long duplicates, int cuts, Books books, long left) {

    long lost(Settings settings) {
        return settings.orders() - books.orders();
    }
}
