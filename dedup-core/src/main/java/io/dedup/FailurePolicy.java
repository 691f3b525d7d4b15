package io.dedup;

import io.dedup.spi.Backoff;
import io.dedup.spi.Causes;
import io.dedup.spi.Disposition;
import io.dedup.spi.Disposition.DeadLetter;
import io.dedup.spi.Disposition.Reason;
import io.dedup.spi.Disposition.RunAgain;
import io.dedup.spi.Engine;
import io.dedup.spi.HandlerDecision;
import io.dedup.spi.MessagePolicy;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The one place that decides what becomes of a message after an attempt to process it. Thread-safe. */
final class FailurePolicy {

    private static final Logger log = LoggerFactory.getLogger(FailurePolicy.class);

    /** For messages that another transaction is at work on: soon again, since that one ends soon as a rule. */
    private static final Backoff BUSY = new Backoff(Duration.ofMillis(50), Duration.ofSeconds(5));

    private final MessagePolicy policy;
    private final Engine engine;
    private final UncountedTries uncounted = new UncountedTries();
    private final UncountedTries brokenConnections = new UncountedTries();
    private volatile boolean closing;

    FailurePolicy(MessagePolicy policy, Engine engine) {
        this.policy = policy;
        this.engine = engine;
    }

    /** From now on handlers may be interrupted, and what fails is not their failure. */
    void closing() {
        closing = true;
    }

    /** What to do after a message's attempt; {@code counted} is the key that failures are counted under. */
    Disposition after(Result result, MessageKey counted, @Nullable Reply reply) {
        return switch (result.outcome()) {
            case PROCESSED, DUPLICATE -> accepted(result.key(), counted, reply);
            case DIFFERENT_BODY ->
                policy.differentBody() == DifferentBody.SKIP
                        ? new Disposition.Accept(null)
                        : new DeadLetter(
                                "a message with this ID and another body was processed before",
                                null,
                                result.key(),
                                null);
            case FAILED -> failed(counted, causeOf(result));
            case BUSY -> runAgain(Reason.BUSY, BUSY, counted, null);
            case UNKNOWN -> runAgain(Reason.UNKNOWN, policy.pauses(), counted, result.cause());
            case UNAVAILABLE -> unavailable(counted, result.cause());
        };
    }

    private Disposition accepted(MessageKey key, MessageKey counted, @Nullable Reply reply) {
        forgetTries(counted);
        if (!counted.equals(key)) { // no claim ends the count of a key that stands for messages without ID
            forgetFailures(counted);
        }
        return new Disposition.Accept(reply);
    }

    /** The handler failed: counted, and dead-lettered after the last attempt. */
    Disposition failed(MessageKey key, Throwable cause) {
        if (cause instanceof HandlerDecision decision) {
            return decided(decision.disposition(), key);
        }
        if (cause instanceof NewMessageCheck.Refused) {
            return new DeadLetter(String.valueOf(cause.getMessage()), null, key, null);
        }
        if (closing) {
            log.debug("{} - failed while its consumer closes; returned to its queue", key, Causes.printable(cause));
            return new Disposition.Release();
        }
        boolean hopeless = Causes.contain(cause, NeverRetryException.class) || isNeverRetried(cause);
        return policy.maxAttempts() == 0 ? uncounted(key, cause, hopeless) : counted(key, cause, hopeless);
    }

    /** A message that its handler rejects may have failed before; its count ends with it. */
    private static Disposition decided(Disposition disposition, MessageKey key) {
        return disposition instanceof DeadLetter dead && dead.key() == null
                ? new DeadLetter(dead.reason(), dead.cause(), key, dead.attempts())
                : disposition;
    }

    private Disposition uncounted(MessageKey key, Throwable cause, boolean hopeless) {
        return hopeless
                ? new DeadLetter("the handler asked for no other attempt", cause, key, null)
                : new RunAgain(Reason.FAILED, Duration.ZERO, cause);
    }

    private Disposition counted(MessageKey key, Throwable cause, boolean hopeless) {
        FailedAttempts attempts;
        try {
            attempts = engine.recordFailure(key, cause);
        } catch (DedupException e) {
            e.addSuppressed(cause);
            return e.outcome() == Outcome.BUSY ? runAgain(Reason.BUSY, BUSY, key, null) : outage(key, e);
        }
        if (hopeless) {
            return new DeadLetter("the handler asked for no other attempt", cause, key, attempts);
        }
        if (attempts.count() >= policy.maxAttempts()) {
            return new DeadLetter("the handler failed " + attempts.count() + " times", cause, key, attempts);
        }
        Duration pause = policy.pauses().after(attempts.count());
        log.warn(
                "{} - attempt {} of {} failed; runs again in {} ms",
                key,
                attempts.count(),
                policy.maxAttempts(),
                pause.toMillis(),
                Causes.printable(cause));
        return new RunAgain(Reason.FAILED, pause, cause);
    }

    /**
     * The database could not be used. If it is well all the same, it was one connection that broke, and the others need
     * not pause. If that is the handler's doing (a limit that only its statements hit, a backend that it ends), a second
     * time counts as a failure, so that no message breaks connections for ever.
     */
    private Disposition unavailable(MessageKey key, @Nullable Throwable cause) {
        if (!isDatabaseAvailable()) {
            return outage(key, cause);
        }
        if (cause == null || isDatabaseError(cause) || brokenConnections.next(key) == 1) {
            return runAgain(Reason.UNAVAILABLE, policy.pauses(), key, cause);
        }
        return failed(key, cause);
    }

    /** Of the library's own statements; one that stopped a handler is not. */
    private static boolean isDatabaseError(Throwable cause) {
        return cause instanceof DedupException e && e.outcome() == Outcome.UNAVAILABLE;
    }

    private boolean isDatabaseAvailable() {
        try {
            engine.verify();
            return true;
        } catch (RuntimeException e) {
            return false;
        }
    }

    RunAgain outage(MessageKey key, @Nullable Throwable cause) {
        return new RunAgain(Reason.OUTAGE, policy.pauses().after(uncounted.next(key)), cause);
    }

    private RunAgain runAgain(Reason reason, Backoff backoff, MessageKey key, @Nullable Throwable cause) {
        return runAgain(reason, backoff.after(uncounted.next(key)), key, cause);
    }

    /** Not the message's fault. */
    private static RunAgain runAgain(Reason reason, Duration pause, MessageKey key, @Nullable Throwable cause) {
        if (cause == null) {
            log.debug("{} - {}; runs again in {} ms", key, reason, pause.toMillis());
        } else {
            log.warn("{} - {}; runs again in {} ms", key, textOf(reason), pause.toMillis(), Causes.printable(cause));
        }
        return new RunAgain(reason, pause, cause);
    }

    private static String textOf(Reason reason) {
        return reason == Reason.UNKNOWN ? "the commit's answer was lost" : "its connection to the database broke";
    }

    /** Behind another message of its entity that runs again; soon, since its adapter holds it back until that is over. */
    static RunAgain behindAnother() {
        return new RunAgain(Reason.BUSY, BUSY.first(), null);
    }

    /** A message has been dead-lettered; a replay has all attempts again. */
    void deadLettered(MessageKey key) {
        forgetTries(key);
        if (policy.maxAttempts() > 0) {
            forgetFailures(key);
        }
    }

    private void forgetTries(MessageKey key) {
        uncounted.forget(key);
        brokenConnections.forget(key);
    }

    private void forgetFailures(MessageKey key) {
        try {
            engine.forgetFailures(key);
        } catch (DedupException e) {
            log.debug("{} - the count of its failures stays until the purge", key, e);
        }
    }

    private boolean isNeverRetried(Throwable cause) {
        try {
            return policy.neverRetry().test(cause);
        } catch (Throwable e) { // a user's code
            log.warn("the neverRetry predicate failed; the message is tried again", e);
            return false;
        }
    }

    private static Throwable causeOf(Result result) {
        return result.cause() == null ? new IllegalStateException("no cause was given") : result.cause();
    }
}
