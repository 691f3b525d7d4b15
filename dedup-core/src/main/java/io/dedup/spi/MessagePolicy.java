package io.dedup.spi;

import static java.util.Objects.requireNonNull;

import io.dedup.DifferentBody;
import io.dedup.MessageIdResolver;
import io.dedup.MissingId;
import java.time.Duration;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * How messages are told apart and what becomes of those that cannot be processed: the settings that every adapter has,
 * with the same names and defaults. Immutable.
 *
 * @param messageId where a message's ID is
 * @param missingId what to do with a message that has none
 * @param differentBody what to do with a message whose ID was processed with another body; null to compare no bodies
 * @param maxAge the age above which a message that is not a duplicate is dead-lettered; null for no limit
 * @param maxAttempts how often a handler may fail; 0 if the adapter's host decides, and nothing is counted
 * @param neverRetry failures after which another attempt cannot help
 * @param pauses between the attempts of one message
 */
public record MessagePolicy(
        MessageIdResolver messageId,
        MissingId missingId,
        @Nullable DifferentBody differentBody,
        @Nullable Duration maxAge,
        int maxAttempts,
        Predicate<Throwable> neverRetry,
        Backoff pauses) {

    private static final Duration LONGEST_PAUSE = Duration.ofMinutes(19);

    /** The attempts that a message has by default. */
    public static final int DEFAULT_MAX_ATTEMPTS = 5;

    /**
     * The defaults: the AMQP property {@code message-id}, without one dead-lettered, bodies not compared, no limit of
     * age, 5 attempts, pauses of 1 second to 1 minute.
     */
    public static final MessagePolicy DEFAULT = new MessagePolicy(
            MessageIdResolver.property(),
            MissingId.DEAD_LETTER,
            null,
            null,
            DEFAULT_MAX_ATTEMPTS,
            failure -> false,
            new Backoff(Duration.ofSeconds(1), Duration.ofMinutes(1)));

    /**
     * Checks the values.
     *
     * @param messageId where a message's ID is
     * @param missingId what to do with a message that has none
     * @param differentBody what to do with a message whose ID was processed with another body, or null
     * @param maxAge the age above which a message that is not a duplicate is dead-lettered, or null
     * @param maxAttempts how often a handler may fail; 0 if nothing is counted
     * @param neverRetry failures after which another attempt cannot help
     * @param pauses between the attempts of one message
     * @throws IllegalArgumentException if one is out of its range
     */
    public MessagePolicy {
        requireNonNull(messageId, "messageId");
        requireNonNull(missingId, "onMissingId");
        requireNonNull(neverRetry, "neverRetry");
        requireNonNull(pauses, "pause");
        if (maxAge != null && (maxAge.isNegative() || maxAge.isZero())) {
            throw new IllegalArgumentException("maxAge " + maxAge + " is not positive");
        }
        if (maxAttempts < 0) {
            throw new IllegalArgumentException("maxAttempts " + maxAttempts + " is negative");
        }
        if (pauses.longest().compareTo(LONGEST_PAUSE) > 0) {
            throw new IllegalArgumentException("the longest pause, " + pauses.longest()
                    + ", is over 19 minutes; nothing is held for longer than 20, since RabbitMQ takes a channel away that"
                    + " holds a delivery for 30");
        }
    }

    /**
     * With another resolver.
     *
     * @param resolver where a message's ID is
     * @return a copy
     */
    public MessagePolicy messageId(MessageIdResolver resolver) {
        return new MessagePolicy(resolver, missingId, differentBody, maxAge, maxAttempts, neverRetry, pauses);
    }

    /**
     * With another policy for messages without ID.
     *
     * @param policy what to do with them
     * @return a copy
     */
    public MessagePolicy missingId(MissingId policy) {
        return new MessagePolicy(messageId, policy, differentBody, maxAge, maxAttempts, neverRetry, pauses);
    }

    /**
     * With bodies compared.
     *
     * @param policy what to do with a message whose ID was processed with another body
     * @return a copy
     */
    public MessagePolicy differentBody(DifferentBody policy) {
        return new MessagePolicy(
                messageId,
                missingId,
                requireNonNull(policy, "onDifferentBody"),
                maxAge,
                maxAttempts,
                neverRetry,
                pauses);
    }

    /**
     * With a limit of age.
     *
     * @param age the limit
     * @return a copy
     */
    public MessagePolicy maxAge(Duration age) {
        return new MessagePolicy(
                messageId, missingId, differentBody, requireNonNull(age, "maxAge"), maxAttempts, neverRetry, pauses);
    }

    /**
     * With another number of attempts.
     *
     * @param attempts how often a handler may fail; 0 if the adapter's host decides
     * @return a copy
     */
    public MessagePolicy maxAttempts(int attempts) {
        return new MessagePolicy(messageId, missingId, differentBody, maxAge, attempts, neverRetry, pauses);
    }

    /**
     * With failures after which another attempt cannot help.
     *
     * @param predicate asked with what the handler threw
     * @return a copy
     */
    public MessagePolicy neverRetry(Predicate<Throwable> predicate) {
        return new MessagePolicy(messageId, missingId, differentBody, maxAge, maxAttempts, predicate, pauses);
    }

    /**
     * With other pauses.
     *
     * @param backoff between the attempts of one message
     * @return a copy
     */
    public MessagePolicy pauses(Backoff backoff) {
        return new MessagePolicy(messageId, missingId, differentBody, maxAge, maxAttempts, neverRetry, backoff);
    }
}
