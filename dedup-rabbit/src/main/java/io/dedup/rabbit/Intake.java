package io.dedup.rabbit;

import com.rabbitmq.client.Delivery;
import io.dedup.Deduplicator;
import io.dedup.Fingerprint;
import io.dedup.MessageKey;
import io.dedup.Result;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Processes one delivery and says what is to be done with it. Knows no channel. Thread-safe. */
final class Intake {

    private static final Logger log = LoggerFactory.getLogger(Intake.class);

    private final Deduplicator dedup;
    private final String consumer;
    private final MessageIdResolver resolver;
    private final boolean fingerprints;
    private final DeliveryHandler handler;
    private final Backoff backoff;

    Intake(Options options, DeliveryHandler handler) {
        this.dedup = options.dedup();
        this.consumer = options.consumer();
        this.resolver = options.resolver();
        this.fingerprints = options.fingerprints();
        this.handler = handler;
        this.backoff = new Backoff(options.firstPause(), options.longestPause());
    }

    Verdict judge(Delivery delivery) {
        MessageKey key;
        try {
            String id = resolver.resolve(delivery);
            if (id == null || id.isBlank()) {
                return new Verdict.DeadLetter("missing message ID", null);
            }
            key = new MessageKey(consumer, id);
        } catch (IllegalArgumentException e) {
            return new Verdict.DeadLetter("unusable message ID: " + e.getMessage(), e);
        } catch (Throwable e) { // a user's code; what escapes would end the worker or close the channel
            MessageKey nameless = new MessageKey(
                    consumer, "delivery " + delivery.getEnvelope().getDeliveryTag());
            return giveBack(nameless, true, "the message ID's resolver failed", e);
        }
        Fingerprint body = fingerprints ? Fingerprint.of(delivery.getBody()) : null;
        return judge(dedup.attempt(key, body, tx -> handler.handle(tx, delivery)));
    }

    private Verdict judge(Result result) {
        MessageKey key = result.key();
        switch (result.outcome()) {
            case PROCESSED, DUPLICATE -> {
                backoff.forget(key);
                return new Verdict.Ack();
            }
            case DIFFERENT_BODY -> {
                return new Verdict.DeadLetter("a message with this ID and another body was processed before", null);
            }
            case FAILED -> {
                return giveBack(key, true, "the handler failed", result.cause());
            }
            case BUSY -> {
                return giveBack(key, false, "busy", null);
            }
            case UNAVAILABLE -> {
                return giveBack(key, false, "the database cannot be used", result.cause());
            }
            case UNKNOWN -> {
                return giveBack(key, false, "the commit's answer was lost", result.cause());
            }
        }
        throw new AssertionError(result.outcome());
    }

    private Verdict giveBack(MessageKey key, boolean failure, String why, @Nullable Throwable cause) {
        Verdict.GiveBack verdict = new Verdict.GiveBack(failure, backoff.next(key));
        if (cause == null) {
            log.debug("{} - {}, comes again in {}", key, why, verdict.pause());
        } else {
            log.warn("{} - {}, comes again in {}", key, why, verdict.pause(), cause);
        }
        return verdict;
    }
}
