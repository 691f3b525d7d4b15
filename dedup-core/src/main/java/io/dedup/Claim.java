package io.dedup;

import org.jspecify.annotations.Nullable;

/** What the claim of a key found. */
enum Claim {
    FRESH,

    /** In a group: the same message is FRESH earlier in it. */
    REPEAT,
    DUPLICATE,
    DIFFERENT_BODY;

    /** Of a message alone, once its transaction has ended as was wanted. */
    Outcome outcome() {
        return switch (this) {
            case FRESH -> Outcome.PROCESSED;
            case REPEAT, DUPLICATE -> Outcome.DUPLICATE;
            case DIFFERENT_BODY -> Outcome.DIFFERENT_BODY;
        };
    }

    /** Of a key that is there already. One from before fingerprints were asked for says nothing about the body. */
    static Claim ofKnown(@Nullable Fingerprint body, byte @Nullable [] stored) {
        return body != null && stored != null && body.differsFrom(stored) ? DIFFERENT_BODY : DUPLICATE;
    }
}
