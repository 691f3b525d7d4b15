package io.dedup.rabbit;

import io.dedup.LaneKey;
import io.dedup.amqp.DeliveryWorkers;
import io.dedup.spi.Engine;
import io.dedup.spi.MessagePolicy;
import org.jspecify.annotations.Nullable;

/**
 * What a consumer was built with.
 *
 * @param engine claims, transactions and failures
 * @param queue the queue that is consumed
 * @param consumer the logical name
 * @param deadLetterQueue where dead letters are published; {@code ""} to have the broker dead-letter them
 * @param policy how messages are told apart, and what becomes of those that fail
 * @param concurrency how many workers
 * @param prefetch unacknowledged messages for each of them
 * @param maxGroup how many messages may share a transaction
 * @param lane the business entity of a message; null where the order does not matter
 */
record ConsumerConfig(
        Engine engine,
        String queue,
        String consumer,
        String deadLetterQueue,
        MessagePolicy policy,
        int concurrency,
        int prefetch,
        int maxGroup,
        @Nullable LaneKey lane) {

    /** One subscription serves all workers. */
    int prefetchOfAll() {
        return DeliveryWorkers.prefetch(prefetch, concurrency);
    }

    boolean isDeadLetteredByBroker() {
        return deadLetterQueue.isEmpty();
    }
}
