package io.dedup;

import io.dedup.spi.DeliveryType;
import io.dedup.spi.Disposition;
import io.dedup.spi.MessagePolicy;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** Finds out which message a delivery is, or what to do when that cannot be found out. Thread-safe. */
final class KeyResolution<D> {

    /** Either a keyed delivery, or what to do with one that has no key. */
    record Found<D>(
            D delivery,
            @Nullable KeyedDelivery<D> keyed,
            @Nullable Disposition disposition) {}

    private final MessagePolicy policy;
    private final DeliveryType<D> type;
    private final FailurePolicy failures;
    private final AtomicLong unprotected = new AtomicLong();

    KeyResolution(MessagePolicy policy, DeliveryType<D> type, FailurePolicy failures) {
        this.policy = policy;
        this.type = type;
        this.failures = failures;
    }

    long unprotected() {
        return unprotected.get();
    }

    /** In their order: once one is to run again, later ones of its entity wait behind it. */
    List<Found<D>> of(List<D> deliveries) {
        List<Found<D>> all = new ArrayList<>(deliveries.size());
        Set<Object> waiting = new HashSet<>();
        for (D delivery : deliveries) {
            Object entity = type.entity(delivery);
            Found<D> found = entity != null && waiting.contains(entity)
                    ? new Found<>(delivery, null, FailurePolicy.behindAnother())
                    : of(delivery);
            if (entity != null && found.disposition() instanceof Disposition.RunAgain) {
                waiting.add(entity);
            }
            all.add(found);
        }
        return all;
    }

    private Found<D> of(D delivery) {
        MessageView message = type.view(delivery);
        String consumer = type.consumer(delivery);
        try {
            String id = policy.messageId().resolve(message);
            return id == null || id.isBlank()
                    ? missing(delivery, message, consumer)
                    : keyed(delivery, message, type.key(delivery, new MessageKey(consumer, id)));
        } catch (IllegalArgumentException e) {
            return deadLetter(delivery, "unusable message ID: " + e.getMessage(), e);
        } catch (Throwable e) { // a user's code; what escapes would end the worker or close the channel
            return new Found<>(delivery, null, failures.failed(byBody(consumer, "unresolved", message), e));
        }
    }

    /** What to do with one whose key nobody could look for. */
    Disposition unresolved(D delivery, Throwable cause) {
        return failures.failed(byBody(type.consumer(delivery), "unresolved", type.view(delivery)), cause);
    }

    private Found<D> missing(D delivery, MessageView message, String consumer) {
        if (policy.missingId() == MissingId.DEAD_LETTER) {
            return deadLetter(delivery, "missing message ID", null);
        }
        unprotected.incrementAndGet();
        // A key that nothing else has: the one path through claim, commit and retry serves here too.
        MessageKey key = new MessageKey(consumer, "unprotected " + UUID.randomUUID());
        return new Found<>(
                delivery, new KeyedDelivery<>(delivery, key, byBody(consumer, "unprotected", message), null), null);
    }

    private Found<D> keyed(D delivery, MessageView message, MessageKey key) {
        Fingerprint body = policy.differentBody() == null ? null : Fingerprint.of(message.body());
        return new Found<>(delivery, new KeyedDelivery<>(delivery, key, key, body), null);
    }

    private static <D> Found<D> deadLetter(D delivery, String reason, @Nullable Throwable cause) {
        return new Found<>(delivery, null, new Disposition.DeadLetter(reason, cause, null, null));
    }

    /** What failures are counted under where there is no ID: the same for each redelivery of the message. */
    private static MessageKey byBody(String consumer, String what, MessageView message) {
        return new MessageKey(consumer, what + " " + Fingerprint.of(message.body()));
    }
}
