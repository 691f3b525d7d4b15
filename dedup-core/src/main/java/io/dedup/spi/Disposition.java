package io.dedup.spi;

import io.dedup.FailedAttempts;
import io.dedup.MessageKey;
import io.dedup.Reply;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** What an adapter is to do with a delivery after an attempt to process it. */
public sealed interface Disposition {

    /**
     * Acknowledge: the message's effects are committed, now or before.
     *
     * @param reply to be published before; null if there is none
     */
    record Accept(@Nullable Reply reply) implements Disposition {}

    /**
     * Keep it unacknowledged, and process it again here after a pause.
     *
     * @param reason why it was not processed
     * @param pause how long to wait
     * @param cause the exception, if there is one
     */
    record RunAgain(Reason reason, Duration pause, @Nullable Throwable cause) implements Disposition {}

    /** Return it to its queue at once. */
    record Release() implements Disposition {}

    /**
     * Publish it to the dead-letter queue, or have the broker dead-letter it; it must not be lost over that.
     *
     * @param reason why, for humans
     * @param cause the exception, if there is one
     * @param key the key that its failures are counted under; null if none are
     * @param attempts its failed attempts; null if none were counted
     */
    record DeadLetter(
            String reason,
            @Nullable Throwable cause,
            @Nullable MessageKey key,
            @Nullable FailedAttempts attempts) implements Disposition {}

    /** Why a message was not processed, where another attempt may help. */
    enum Reason {
        /** Its handler failed, which was counted. */
        FAILED,

        /** Another transaction is at work on the same message, or an earlier message of its entity waits. */
        BUSY,

        /** The answer to its commit was lost; from now on it is as good as redelivered. */
        UNKNOWN,

        /** Its connection to the database broke, and others may work. */
        UNAVAILABLE,

        /** The database is away, and no other message would fare better. */
        OUTAGE
    }
}
