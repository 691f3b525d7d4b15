package io.dedup;

import org.jspecify.annotations.Nullable;

/** A delivery whose message is known, on its way through a handler. Of one thread. */
final class KeyedDelivery<D> {

    private final D delivery;
    private final MessageKey key;
    private final MessageKey counted;
    private final @Nullable Fingerprint body;
    private final boolean underKeyWithBody;
    private @Nullable Reply reply;

    /** {@code counted} is the key that failures are counted under. */
    KeyedDelivery(D delivery, MessageKey key, MessageKey counted, @Nullable Fingerprint body) {
        this(delivery, key, counted, body, false);
    }

    private KeyedDelivery(
            D delivery, MessageKey key, MessageKey counted, @Nullable Fingerprint body, boolean underKeyWithBody) {
        this.delivery = delivery;
        this.key = key;
        this.counted = counted;
        this.body = body;
        this.underKeyWithBody = underKeyWithBody;
    }

    D delivery() {
        return delivery;
    }

    MessageKey key() {
        return key;
    }

    MessageKey counted() {
        return counted;
    }

    @Nullable Fingerprint body() {
        return body;
    }

    /** The same delivery as another message: that of its ID and its body. */
    KeyedDelivery<D> underKeyWithBody(Fingerprint fingerprint) {
        MessageKey other = key.withBody(fingerprint);
        return new KeyedDelivery<>(delivery, other, other, fingerprint, true);
    }

    boolean isUnderKeyWithBody() {
        return underKeyWithBody;
    }

    /** What the handler answered in the run that was committed, once there is one. */
    @Nullable Reply reply() {
        return reply;
    }

    void reply(@Nullable Reply answer) {
        this.reply = answer;
    }
}
