package io.dedup;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;

/** Forgets old keys, chunk by chunk. */
final class Purge {

    private static final int CHUNK = 1_000;

    private final Transactions transactions;
    private final ProcessedMessages messages;

    Purge(Transactions transactions, ProcessedMessages messages) {
        this.transactions = transactions;
        this.messages = messages;
    }

    static Duration requirePositive(String name, Duration duration) {
        if (duration.isNegative() || duration.isZero()) {
            throw new IllegalArgumentException(name + " " + duration + " is not positive");
        }
        return duration;
    }

    long run(Duration olderThan) {
        requirePositive("retention", olderThan);
        long rows = 0;
        int chunk;
        do {
            chunk = chunk(olderThan);
            rows += chunk;
        } while (chunk == CHUNK && !Thread.currentThread().isInterrupted());
        return rows;
    }

    private int chunk(Duration olderThan) {
        AtomicInteger deleted = new AtomicInteger();
        Transactions.Ending ending = transactions.run(tx -> {
            boolean alone = messages.lockForPurge(tx);
            deleted.set(alone ? messages.purge(tx, olderThan, CHUNK) : 0);
            return Outcome.PROCESSED;
        });
        if (ending.outcome() != Outcome.PROCESSED) {
            throw Trouble.of("purge", ending.cause() == null ? new IllegalStateException() : ending.cause());
        }
        return deleted.get();
    }
}
