package io.dedup.rabbit;

import com.rabbitmq.client.Delivery;
import io.dedup.DedupException;
import io.dedup.Deduplicator;
import io.dedup.Fingerprint;
import io.dedup.MessageKey;
import io.dedup.Outcome;
import io.dedup.Reply;
import io.dedup.Result;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Processes deliveries and says what is to be done with each. Knows no channel. Thread-safe. */
final class Intake {

    private static final Logger log = LoggerFactory.getLogger(Intake.class);

    private final Options options;
    private final Deduplicator dedup;
    private final Identity identity;
    private final Processor processor;
    private final Failures failures;

    Intake(Options options, Processor processor) {
        this.options = options;
        this.dedup = options.dedup();
        this.identity = new Identity(options);
        this.processor = processor;
        this.failures = new Failures(options);
    }

    Identity identity() {
        return identity;
    }

    void closing() {
        failures.closing();
    }

    int mostAtOnce() {
        return processor.mostAtOnce();
    }

    /** One verdict for each, in the same order. */
    List<Verdict> judge(List<Delivery> deliveries) {
        List<Identity.Found> found = new ArrayList<>(deliveries.size());
        List<Item> items = new ArrayList<>(deliveries.size());
        for (Delivery delivery : deliveries) {
            Identity.Found each = look(delivery);
            found.add(each);
            if (each instanceof Identity.Found.Key known) {
                items.add(item(delivery, known));
            }
        }
        Iterator<Item> item = items.iterator();
        Iterator<Result> result = processor.process(items).iterator();
        List<Verdict> verdicts = new ArrayList<>(deliveries.size());
        Verdict.Outage outage = null;
        for (Identity.Found each : found) {
            if (each instanceof Identity.Found.Key known) {
                Verdict verdict = verdict(item.next(), result.next(), known, outage);
                outage = outage == null && verdict instanceof Verdict.Outage begins ? begins : outage;
                verdicts.add(verdict);
            } else if (each instanceof Identity.Found.None none) {
                verdicts.add(none.verdict());
            } else if (each instanceof Identity.Found.Keep keep) {
                verdicts.add(failures.giveBack("a message of " + options.consumer(), "no ID to be had", keep.cause()));
            }
        }
        return verdicts;
    }

    private Identity.Found look(Delivery delivery) {
        Identity.Found found = identity.of(delivery);
        if (found instanceof Identity.Found.Key && Returns.areTooMany(delivery)) {
            return new Identity.Found.None(new Verdict.DeadLetter(
                    "came back " + Returns.of(delivery)
                            + " times without an end, and the broker drops it soon; its handler"
                            + " may end the process",
                    null));
        }
        return found;
    }

    private Item item(Delivery delivery, Identity.Found.Key known) {
        return new Item(delivery, known.key(), options.fingerprints() ? Fingerprint.of(delivery.getBody()) : null);
    }

    /** During an outage, which another message of the same group has found, nobody asks the database again. */
    private Verdict verdict(Item item, Result result, Identity.Found.Key known, Verdict.@Nullable Outage outage) {
        if (outage == null
                && result.outcome() == Outcome.DIFFERENT_BODY
                && item.body() != null
                && options.differentBody() == DifferentBody.PROCESS
                && item.key().equals(known.key())) {
            Item other = item.as(item.key().withBody(item.body()));
            return verdict(other, processor.process(List.of(other)).get(0), known, null);
        }
        options.listener().onDelivery(result, Returns.isRedelivered(item.delivery()));
        boolean answersAgain = result.outcome() == Outcome.DUPLICATE && item.asksForReply();
        if (outage != null && (answersAgain || !result.outcome().isDone())) {
            return failures.outage(known.counted(), outage.cause());
        }
        if (answersAgain) {
            return answerAgain(item.key());
        }
        // The key that was claimed at last, or the one that stands for it.
        return verdict(result, known.key().equals(known.counted()) ? item.key() : known.counted(), item.reply());
    }

    private Verdict answerAgain(MessageKey key) {
        try {
            failures.over(key);
            return new Verdict.Ack(dedup.replyOf(key).orElse(null));
        } catch (DedupException e) { // committed, but not to be acknowledged without its reply
            return failures.outage(key, e);
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
                result.cause() instanceof Freshness.TooOld old
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
