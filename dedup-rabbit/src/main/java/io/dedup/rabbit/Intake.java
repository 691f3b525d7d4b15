package io.dedup.rabbit;

import com.rabbitmq.client.Delivery;
import io.dedup.DedupException;
import io.dedup.Deduplicator;
import io.dedup.FailedAttempts;
import io.dedup.Fingerprint;
import io.dedup.MessageKey;
import io.dedup.Outcome;
import io.dedup.Reply;
import io.dedup.Result;
import java.time.Instant;
import java.util.Date;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Processes one delivery and says what is to be done with it. Knows no channel. Thread-safe. */
final class Intake {

    private static final Logger log = LoggerFactory.getLogger(Intake.class);

    /**
     * A quorum queue of RabbitMQ 4 drops (or dead-letters) what has come back 20 times. A message whose handler ends
     * the process leaves no other trace than this count.
     *
     * @see <a href="https://www.rabbitmq.com/docs/quorum-queues#poison-message-handling">RabbitMQ, delivery limit</a>
     */
    private static final long LAST_RETURN = 18;

    /** Thrown inside the transaction, so that a message that was processed long ago is still recognised. */
    private static final class TooOld extends RuntimeException {
        private static final long serialVersionUID = 1L;

        TooOld(String message) {
            super(message, null, false, false);
        }
    }

    private final Options options;
    private final Deduplicator dedup;
    private final Identity identity;
    private final ReplyHandler handler;
    private final Backoff backoff;
    private volatile boolean closing;

    Intake(Options options, ReplyHandler handler) {
        this.options = options;
        this.dedup = options.dedup();
        this.identity = new Identity(options);
        this.handler = handler;
        this.backoff = new Backoff(options.firstPause(), options.longestPause());
    }

    Identity identity() {
        return identity;
    }

    /** From now on handlers may be interrupted, and what fails is not their failure. */
    void closing() {
        closing = true;
    }

    Verdict judge(Delivery delivery) {
        if (Returns.of(delivery) >= LAST_RETURN) {
            return new Verdict.DeadLetter(
                    "came back " + Returns.of(delivery) + " times; its handler may end the process or the connection",
                    null);
        }
        Identity.Found found = identity.of(delivery);
        if (found instanceof Identity.Found.None none) {
            return none.verdict();
        }
        if (found instanceof Identity.Found.Keep keep) {
            log.warn("{} - no message ID to be had; the message stays in its queue", options.consumer(), keep.cause());
            return new Verdict.GiveBack(false, backoff.next("no ID"));
        }
        MessageKey key = ((Identity.Found.Key) found).key();
        Fingerprint body = options.fingerprints() ? Fingerprint.of(delivery.getBody()) : null;
        AtomicReference<@Nullable Reply> answer = new AtomicReference<>();
        Result result = attempt(key, body, delivery, answer);
        if (result.outcome() == Outcome.DIFFERENT_BODY
                && body != null
                && options.differentBody() == DifferentBody.PROCESS) {
            result = attempt(identity.withBody(key, body), body, delivery, answer);
        }
        if (result.outcome() == Outcome.DUPLICATE && hasReplyTo(delivery)) {
            return answerAgain(result.key());
        }
        return verdict(result, answer.get());
    }

    private static boolean hasReplyTo(Delivery delivery) {
        String replyTo = delivery.getProperties().getReplyTo();
        return replyTo != null && !replyTo.isEmpty();
    }

    private Verdict answerAgain(MessageKey key) {
        try {
            backoff.forget(key);
            return new Verdict.Ack(dedup.replyOf(key).orElse(null));
        } catch (DedupException e) { // committed, but not to be acknowledged without its reply
            return new Verdict.Outage(e, backoff.next(key));
        }
    }

    private Result attempt(
            MessageKey key, @Nullable Fingerprint body, Delivery delivery, AtomicReference<@Nullable Reply> answer) {
        return dedup.attempt(key, body, tx -> {
            refuseIfTooOld(delivery);
            Reply reply = handler.handle(tx, delivery);
            if (reply != null && hasReplyTo(delivery)) {
                dedup.saveReply(tx, key, reply);
                answer.set(reply);
            }
        });
    }

    private void refuseIfTooOld(Delivery delivery) {
        Date timestamp = delivery.getProperties().getTimestamp();
        if (options.maxAge() != null && timestamp != null) {
            Instant published = timestamp.toInstant();
            if (published.isBefore(Instant.now().minus(options.maxAge()))) {
                throw new TooOld("too old: published " + published + ", more than " + options.maxAge()
                        + " ago, so its key may have been forgotten");
            }
        }
    }

    private Verdict verdict(Result result, @Nullable Reply answer) {
        MessageKey key = result.key();
        return switch (result.outcome()) {
            case PROCESSED, DUPLICATE -> {
                backoff.forget(key);
                yield new Verdict.Ack(answer);
            }
            case DIFFERENT_BODY ->
                options.differentBody() == DifferentBody.SKIP
                        ? new Verdict.Ack(null)
                        : new Verdict.DeadLetter(
                                "a message with this ID and another body was processed before", null, key, null);
            case FAILED -> failed(key, cause(result));
            case BUSY -> giveBack(key, "busy", null);
            case UNKNOWN -> giveBack(key, "the commit's answer was lost", result.cause());
            case UNAVAILABLE -> new Verdict.Outage(result.cause(), backoff.next(key));
        };
    }

    private Verdict failed(MessageKey key, Throwable cause) {
        if (cause instanceof TooOld old) {
            return new Verdict.DeadLetter(String.valueOf(old.getMessage()), null, key, null);
        }
        if (closing) {
            return giveBack(key, "the consumer closes", null);
        }
        FailedAttempts attempts;
        try {
            attempts = dedup.recordFailure(key, cause);
        } catch (DedupException e) {
            e.addSuppressed(cause);
            return new Verdict.Outage(e, backoff.next(key));
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

    private boolean neverRetry(Throwable cause) {
        try {
            return options.neverRetry().test(cause);
        } catch (RuntimeException e) {
            log.warn("the neverRetry predicate failed; the message is tried again", e);
            return false;
        }
    }

    private Verdict giveBack(MessageKey key, String why, @Nullable Throwable cause) {
        Verdict.GiveBack verdict = new Verdict.GiveBack(false, backoff.next(key));
        if (cause == null) {
            log.debug("{} - {}, comes again in {}", key, why, verdict.pause());
        } else {
            log.warn("{} - {}, comes again in {}", key, why, verdict.pause(), cause);
        }
        return verdict;
    }

    private static Throwable cause(Result result) {
        return result.cause() == null ? new IllegalStateException("no cause was given") : result.cause();
    }
}
