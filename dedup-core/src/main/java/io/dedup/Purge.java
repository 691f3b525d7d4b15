package io.dedup;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;

/** Forgets old keys, chunk by chunk. */
final class Purge {

    private static final int CHUNK = 1_000;

    private final Bookkeeping bookkeeping;
    private final ProcessedMessages messages;

    Purge(Bookkeeping bookkeeping, ProcessedMessages messages) {
        this.bookkeeping = bookkeeping;
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
        all(tx -> messages.purgeAttempts(tx, olderThan, CHUNK)); // while the keys still tell which are over
        return all(tx -> messages.purge(tx, olderThan, CHUNK));
    }

    private interface Chunk {
        int delete(Connection tx) throws SQLException;
    }

    private long all(Chunk chunk) {
        long rows = 0;
        int deleted;
        do {
            deleted = one(chunk);
            rows += deleted;
        } while (deleted == CHUNK && !Thread.currentThread().isInterrupted());
        return rows;
    }

    private int one(Chunk chunk) {
        return bookkeeping.run("purge", tx -> messages.lockForPurge(tx) ? chunk.delete(tx) : 0);
    }
}
