package io.dedup;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * One attempt to process a message, in full. Immutable.
 *
 * @param key the message
 * @param outcome what became of it
 * @param cause why, where the outcome is a trouble: the handler's own exception as it was thrown, or the library's;
 *     null for {@link Outcome#PROCESSED}, {@link Outcome#DUPLICATE} and {@link Outcome#DIFFERENT_BODY}
 * @param tries how many transactions were begun for it; more than one where they collided with others
 * @param claimed how long the claim took, the wait for another transaction on the same message included; zero if it
 *     was not reached
 * @param took from the call to the end of the last transaction
 */
public record Result(
        MessageKey key, Outcome outcome, @Nullable Throwable cause, int tries, Duration claimed, Duration took) {}
