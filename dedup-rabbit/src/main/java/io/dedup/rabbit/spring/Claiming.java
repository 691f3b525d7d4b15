package io.dedup.rabbit.spring;

import io.dedup.DedupException;
import io.dedup.Fingerprint;
import io.dedup.MessageKey;
import io.dedup.Outcome;
import io.dedup.Result;
import io.dedup.rabbit.DifferentBody;
import java.io.UncheckedIOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.amqp.core.Message;

/**
 * Inside the container's own advice: claims one message, has it handled in the claim's transaction, and judges it. Only
 * what the handler threw is thrown on, so that the container's retries and error handlers see failures and nothing else.
 */
final class Claiming {

    private static final Logger log = LoggerFactory.getLogger(Claiming.class);

    private final Terms terms;
    private final Keys keys;
    private final Failures failures;
    private final BooleanSupplier active;

    Claiming(Terms terms, Keys keys, Failures failures, BooleanSupplier active) {
        this.terms = terms;
        this.keys = keys;
        this.failures = failures;
        this.active = active;
    }

    void handOn(InWork work, Message message, ListenerCall listener) {
        work.forget(message);
        Keys.Found found = work.keyOf(message, keys);
        if (found.key() == null) {
            work.judge(message, withoutKey(work, message, found));
        } else {
            withKey(work, message, found.key(), listener);
        }
    }

    Verdict withoutKey(InWork work, Message message, Keys.Found found) {
        Throwable problem = found.problem() == null ? new IllegalStateException("no key") : found.problem();
        if (!found.keep()) {
            return failures.put(work, message, null, problem);
        }
        Patience patience = new Patience(active, work.channel());
        while (patience.lasts("a message", String.valueOf(problem.getMessage()))) {
            log.trace("kept");
        }
        return new Verdict.Back(problem);
    }

    private void withKey(InWork work, Message message, MessageKey key, ListenerCall listener) {
        Fingerprint body = terms.differentBody() == null ? null : Fingerprint.of(message.getBody());
        Result result = attempt(work, message, key, body, listener);
        if (result.outcome() == Outcome.DIFFERENT_BODY
                && body != null
                && terms.differentBody() == DifferentBody.PROCESS) {
            result = attempt(work, message, key.withBody(body), body, listener);
        }
        judge(work, message, result);
    }

    /** Until it is known what became of it, or patience ends. */
    private Result attempt(
            InWork work, Message message, MessageKey key, @Nullable Fingerprint body, ListenerCall listener) {
        AtomicReference<@Nullable SpringReply> reply = new AtomicReference<>();
        Patience patience = new Patience(active, work.channel());
        Set<MessageKey> suspects = new HashSet<>();
        while (true) {
            Result result = blame(
                    terms.dedup().attempt(key, body, tx -> reply.set(run(work, tx, key, message, listener))), suspects);
            failures.tell(message, result);
            if (result.outcome() == Outcome.PROCESSED) {
                work.send(message, reply.get());
            }
            if (!isTrouble(result) || !patience.lasts(key, "not processed now", result)) {
                return result;
            }
        }
    }

    /**
     * A handler whose connection breaks each time although the database is well: a limit that only its statements hit, or
     * a backend that it ends itself. The second time is a failure, so that no message breaks connections for ever.
     */
    Result blame(Result result, Set<MessageKey> suspects) {
        boolean suspect = result.outcome() == Outcome.UNAVAILABLE
                && !(result.cause() instanceof DedupException)
                && isDatabaseWell();
        return suspect && !suspects.add(result.key())
                ? new Result(
                        result.key(), Outcome.FAILED, result.cause(), result.tries(), result.claimed(), result.took())
                : result;
    }

    static boolean isTrouble(Result result) {
        return switch (result.outcome()) {
            case BUSY, UNAVAILABLE, UNKNOWN -> true;
            case PROCESSED, DUPLICATE, DIFFERENT_BODY, FAILED -> false;
        };
    }

    private boolean isDatabaseWell() {
        try {
            terms.dedup().verify();
            return true;
        } catch (RuntimeException e) {
            return false;
        }
    }

    /** The handler's part of the transaction; returns its reply. */
    @Nullable SpringReply run(InWork work, Connection tx, MessageKey key, Object data, ListenerCall listener)
            throws SQLException {
        work.handlerBegins();
        listener.invokeListener(work.guarded(), data);
        work.throwIfHandlerThrew();
        work.throwIfHandlerRefused();
        MessageTransaction transaction = MessageTransaction.current();
        if (transaction != null) {
            transaction.flushSession();
        }
        SpringReply reply = work.reply();
        if (reply != null) {
            terms.dedup().saveReply(tx, key, reply.stored());
        }
        return reply;
    }

    void judge(InWork work, Message message, Result result) {
        Throwable cause = result.cause() == null ? new IllegalStateException("no cause was given") : result.cause();
        switch (result.outcome()) {
            case PROCESSED -> work.judge(message, Verdict.DONE);
            case DUPLICATE -> work.judge(message, answerAgain(work, message, result.key()));
            case DIFFERENT_BODY ->
                work.judge(
                        message,
                        terms.differentBody() == DifferentBody.SKIP
                                ? Verdict.DONE
                                : failures.put(
                                        work,
                                        message,
                                        result.key(),
                                        new IllegalStateException(
                                                "a message with this ID and another body was processed before")));
            case BUSY, UNAVAILABLE, UNKNOWN -> work.judge(message, new Verdict.Back(cause));
            case FAILED -> {
                Verdict verdict = failures.afterFailure(work, message, result.key(), cause);
                if (verdict == null) {
                    throw thrown(cause, message);
                }
                work.judge(message, verdict);
            }
        }
    }

    private static RuntimeException thrown(Throwable cause, Message message) {
        return cause instanceof DedupException
                ? ListenerFailures.failed("not committed", cause, List.of(message))
                : ListenerFailures.asItIs(cause);
    }

    private Verdict answerAgain(InWork work, Message message, MessageKey key) {
        try {
            terms.dedup()
                    .replyOf(key)
                    .map(stored -> SpringReply.to(message, stored))
                    .ifPresent(reply -> work.send(message, reply));
            return Verdict.DONE;
        } catch (DedupException e) { // committed, but not to be acknowledged without its reply
            return new Verdict.Back(e);
        } catch (UncheckedIOException e) {
            log.warn("{} - acknowledged without its stored reply, which nobody will ever be able to read", key, e);
            return Verdict.DONE;
        }
    }
}
