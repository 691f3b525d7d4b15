package io.dedup.rabbit;

import com.rabbitmq.client.Delivery;
import io.dedup.Fingerprint;
import io.dedup.MessageKey;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicLong;

/** Finds out which message a delivery is, or what to do when that cannot be found out. */
final class Identity {

    /** Either a key or a verdict. */
    sealed interface Found {
        /** {@code counted} is the key that failures are counted under. */
        record Key(MessageKey key, MessageKey counted) implements Found {
            Key(MessageKey key) {
                this(key, key);
            }
        }

        record None(Verdict.DeadLetter verdict) implements Found {}

        /** To be kept in the queue. */
        record Keep(Throwable cause) implements Found {}
    }

    private final String consumer;
    private final MessageIdResolver resolver;
    private final MissingId missing;
    private final AtomicLong unprotected = new AtomicLong();

    Identity(Options options) {
        this.consumer = options.consumer();
        this.resolver = options.resolver();
        this.missing = options.missingId();
    }

    long unprotected() {
        return unprotected.get();
    }

    Found of(Delivery delivery) {
        try {
            String id = resolver.resolve(delivery);
            return id == null || id.isBlank() ? missing(delivery) : new Found.Key(new MessageKey(consumer, id));
        } catch (IllegalArgumentException e) {
            return new Found.None(new Verdict.DeadLetter("unusable message ID: " + e.getMessage(), e));
        } catch (Throwable e) { // a user's code; what escapes would end the worker or close the channel
            return new Found.Keep(e);
        }
    }

    private Found missing(Delivery delivery) {
        return switch (missing) {
            case DEAD_LETTER -> new Found.None(new Verdict.DeadLetter("missing message ID", null));
            case KEEP -> new Found.Keep(new IllegalStateException("the message has no ID"));
            case PROCESS_UNPROTECTED -> {
                unprotected.incrementAndGet();
                // A key that nothing else has: the one path through claim, commit and retry serves here too.
                yield new Found.Key(
                        new MessageKey(consumer, "unprotected " + UUID.randomUUID()),
                        new MessageKey(consumer, "unprotected " + Fingerprint.of(delivery.getBody())));
            }
        };
    }
}
