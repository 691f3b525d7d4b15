package io.dedup.rabbit;

import com.rabbitmq.client.Delivery;
import io.dedup.DedupException;
import io.dedup.Deduplicator;
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
    private final Failures failures;

    Intake(Options options, ReplyHandler handler) {
        this.options = options;
        this.dedup = options.dedup();
        this.identity = new Identity(options);
        this.handler = handler;
        this.failures = new Failures(options);
    }

    Identity identity() {
        return identity;
    }

    void closing() {
        failures.closing();
    }

    Verdict judge(Delivery delivery) {
        Identity.Found found = identity.of(delivery);
        if (found instanceof Identity.Found.Keep keep) {
            return failures.giveBack("a message of " + options.consumer(), "no ID to be had", keep.cause());
        }
        if (found instanceof Identity.Found.None none) {
            return none.verdict();
        }
        if (Returns.areTooMany(delivery)) {
            return new Verdict.DeadLetter(
                    "came back " + Returns.of(delivery)
                            + " times without an end, and the broker drops it soon; its handler"
                            + " may end the process",
                    null);
        }
        return process(delivery, (Identity.Found.Key) found);
    }

    private Verdict process(Delivery delivery, Identity.Found.Key found) {
        MessageKey key = found.key();
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
        // The key that was claimed at last, or the one that stands for it.
        return verdict(result, key.equals(found.counted()) ? result.key() : found.counted(), answer.get());
    }

    private static boolean hasReplyTo(Delivery delivery) {
        String replyTo = delivery.getProperties().getReplyTo();
        return replyTo != null && !replyTo.isEmpty();
    }

    private Verdict answerAgain(MessageKey key) {
        try {
            failures.over(key);
            return new Verdict.Ack(dedup.replyOf(key).orElse(null));
        } catch (DedupException e) { // committed, but not to be acknowledged without its reply
            return failures.outage(key, e);
        }
    }

    private Result attempt(
            MessageKey key, @Nullable Fingerprint body, Delivery delivery, AtomicReference<@Nullable Reply> answer) {
        return dedup.attempt(key, body, tx -> {
            answer.set(null); // of a run that was rolled back
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

    private Verdict verdict(Result result, MessageKey counted, @Nullable Reply answer) {
        MessageKey key = result.key();
        return switch (result.outcome()) {
            case PROCESSED, DUPLICATE -> {
                failures.over(key);
                if (!counted.equals(key)) {
                    forgetFailures(counted);
                }
                yield new Verdict.Ack(answer);
            }
            case DIFFERENT_BODY ->
                options.differentBody() == DifferentBody.SKIP
                        ? new Verdict.Ack(null)
                        : new Verdict.DeadLetter(
                                "a message with this ID and another body was processed before", null, key, null);
            case FAILED ->
                result.cause() instanceof TooOld old
                        ? new Verdict.DeadLetter(String.valueOf(old.getMessage()), null, key, null)
                        : failures.failed(counted, cause(result));
            case BUSY -> failures.giveBack(key, "busy", null);
            case UNKNOWN -> failures.giveBack(key, "the commit's answer was lost", result.cause());
            case UNAVAILABLE -> failures.unavailable(counted, result.cause());
        };
    }

    /** For a key that stands for messages without ID, which no claim ends the count of. */
    private void forgetFailures(MessageKey counted) {
        try {
            dedup.forgetFailures(counted);
        } catch (DedupException e) {
            log.debug("{} - the count of its failures stays until the purge", counted, e);
        }
    }

    private static Throwable cause(Result result) {
        return result.cause() == null ? new IllegalStateException("no cause was given") : result.cause();
    }
}
