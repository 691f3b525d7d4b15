package io.dedup.rabbit;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** What is to be done with a delivery. */
sealed interface Verdict {

    /** Its effects are committed. */
    record Ack() implements Verdict {}

    /**
     * It shall come again after a pause.
     *
     * @param failure whether the handler failed, which a quorum queue may count; trouble of the database it should not
     */
    record GiveBack(boolean failure, Duration pause) implements Verdict {}

    /** It can never be processed as it is. */
    record DeadLetter(String reason, @Nullable Throwable cause) implements Verdict {}
}
