package io.dedup.rabbit;

import io.dedup.DedupException;
import io.dedup.Deduplicator;
import io.dedup.FailedAttempts;
import io.dedup.MessageKey;
import io.dedup.Outcome;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Decides what becomes of a message that was neither processed nor recognised. Thread-safe. */
final class Failures {

    private static final Logger log = LoggerFactory.getLogger(Failures.class);

    private final Options options;
    private final Deduplicator dedup;
    private final Backoff backoff;
    private volatile boolean closing;

    Failures(Options options) {
        this.options = options;
        this.dedup = options.dedup();
        this.backoff = new Backoff(options.firstPause(), options.longestPause());
    }

    /** From now on handlers may be interrupted, and what fails is not their failure. */
    void closing() {
        closing = true;
    }

    /** Ends what is remembered of a message. */
    void over(Object key) {
        backoff.forget(key);
    }

    /** The handler failed: counted, and put aside after the last attempt. */
    Verdict failed(MessageKey key, Throwable cause) {
        if (closing) {
            return giveBack(key, "the consumer closes", null);
        }
        FailedAttempts attempts;
        try {
            attempts = dedup.recordFailure(key, cause);
        } catch (DedupException e) {
            e.addSuppressed(cause);
            return e.outcome() == Outcome.BUSY ? giveBack(key, "busy", null) : outage(key, e);
        }
        if (cause instanceof NeverRetryException || neverRetry(cause)) {
            return new Verdict.DeadLetter("the handler asked for no other attempt", cause, key, attempts);
        }
        if (attempts.count() >= options.maxAttempts()) {
            return new Verdict.DeadLetter("the handler failed " + attempts.count() + " times", cause, key, attempts);
        }
        Verdict.GiveBack verdict = new Verdict.GiveBack(true, backoff.after(attempts.count()));
        log.warn(
                "{} - attempt {} of {} failed, comes again in {}",
                key,
                attempts.count(),
                options.maxAttempts(),
                verdict.pause(),
                cause);
        return verdict;
    }

    /**
     * The database could not be used. If it is well all the same, it was one connection that broke, and the others need
     * not pause. If that is the handler's doing (a limit that only its statements hit, a backend that it ends), a second
     * time counts as a failure, so that no message breaks connections for ever.
     */
    Verdict unavailable(MessageKey key, @Nullable Throwable cause) {
        if (!isDatabaseWell()) {
            return outage(key, cause);
        }
        Verdict.GiveBack first = giveBack(key, "the connection to the database was lost", cause);
        if (cause == null || cause instanceof DedupException || backoff.tries(key) == 1) {
            return first;
        }
        return failed(key, cause);
    }

    private boolean isDatabaseWell() {
        try {
            dedup.verify();
            return true;
        } catch (RuntimeException e) {
            return false;
        }
    }

    Verdict outage(MessageKey key, @Nullable Throwable cause) {
        return new Verdict.Outage(cause, backoff.next(key));
    }

    /** Not the message's fault. */
    Verdict.GiveBack giveBack(Object key, String why, @Nullable Throwable cause) {
        Verdict.GiveBack verdict = new Verdict.GiveBack(false, backoff.next(key));
        if (cause == null) {
            log.debug("{} - {}, comes again in {}", key, why, verdict.pause());
        } else {
            log.warn("{} - {}, comes again in {}", key, why, verdict.pause(), cause);
        }
        return verdict;
    }

    private boolean neverRetry(Throwable cause) {
        try {
            return options.neverRetry().test(cause);
        } catch (Throwable e) { // a user's code
            log.warn("the neverRetry predicate failed; the message is tried again", e);
            return false;
        }
    }
}
