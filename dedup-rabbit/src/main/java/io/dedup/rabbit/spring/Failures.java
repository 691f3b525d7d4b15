package io.dedup.rabbit.spring;

import io.dedup.DedupException;
import io.dedup.MessageKey;
import io.dedup.Result;
import io.dedup.rabbit.NeverRetryException;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.amqp.core.Message;

/** Counts failures, puts aside what has failed too often, and tells who wants to know. Thread-safe. */
final class Failures {

    private static final Logger log = LoggerFactory.getLogger(Failures.class);

    private final Terms terms;
    private final BooleanSupplier active;

    Failures(Terms terms, BooleanSupplier active) {
        this.terms = terms;
        this.active = active;
    }

    void tell(Message message, Result result) {
        try {
            terms.onResult().accept(message, result);
        } catch (RuntimeException e) { // a user's code
            log.warn("who is told of results failed; messages are not affected", e);
        }
    }

    /** Null: for the container to decide. */
    @Nullable Verdict afterFailure(InWork work, Message message, MessageKey key, Throwable cause) {
        if (cause instanceof Verdict.HandlerRefused refusal) {
            return new Verdict.AsHandlerSays(refusal);
        }
        if (hasCause(cause, NeverRetryException.class)) {
            return put(work, message, key, cause);
        }
        if (terms.maxAttempts() == 0) {
            return null;
        }
        Patience patience = new Patience(active, work.channel());
        while (true) {
            try {
                boolean last = terms.dedup().recordFailure(key, cause).count() >= terms.maxAttempts();
                return last ? put(work, message, key, cause) : null;
            } catch (DedupException e) { // given back at once it would fail again at once, uncounted
                if (!patience.lasts(key, "its failure cannot be counted", e)) {
                    e.addSuppressed(cause);
                    return new Verdict.Back(e);
                }
            }
        }
    }

    Verdict put(InWork work, Message message, @Nullable MessageKey key, Throwable cause) {
        Object what = key == null ? "a message" : key;
        log.warn("{} - put aside: {}", what, cause.getMessage());
        Patience patience = new Patience(active, work.channel());
        while (true) {
            try {
                terms.putAside().recover(message, cause);
                forget(key);
                return Verdict.DONE;
            } catch (RuntimeException e) {
                if (ListenerFailures.asksForReject(e)) {
                    forget(key);
                    return new Verdict.Aside(cause);
                }
                if (!patience.lasts(what, "cannot be put aside", e)) {
                    return new Verdict.Back(e);
                }
            }
        }
    }

    private void forget(@Nullable MessageKey key) {
        try {
            if (key != null && terms.maxAttempts() > 0) {
                terms.dedup().forgetFailures(key);
            }
        } catch (DedupException e) {
            log.debug("{} - the count of its failures stays until the purge", key, e);
        }
    }

    private static boolean hasCause(Throwable thrown, Class<?> type) {
        for (Throwable cause = thrown; cause != null; cause = cause.getCause()) {
            if (type.isInstance(cause)) {
                return true;
            }
        }
        return false;
    }
}
