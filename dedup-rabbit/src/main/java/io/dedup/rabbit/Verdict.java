package io.dedup.rabbit;

import io.dedup.FailedAttempts;
import io.dedup.MessageKey;
import io.dedup.Reply;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** What is to be done with a delivery. */
sealed interface Verdict {

    /** Its effects are committed; the reply is sent first, if there is one. */
    record Ack(@Nullable Reply reply) implements Verdict {}

    /**
     * It shall come again after a pause.
     *
     * @param failure whether the handler failed, which a quorum queue may count; other trouble it should not
     */
    record GiveBack(boolean failure, Duration pause) implements Verdict {}

    /** The database cannot be used, and no other message would fare better. */
    record Outage(@Nullable Throwable cause, Duration pause) implements Verdict {}

    /** It is not to be tried again as it is. */
    record DeadLetter(
            String reason,
            @Nullable Throwable cause,
            @Nullable MessageKey key,
            @Nullable FailedAttempts attempts) implements Verdict {

        DeadLetter(String reason, @Nullable Throwable cause) {
            this(reason, cause, null, null);
        }
    }
}
