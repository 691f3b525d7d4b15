package io.dedup;

/** What the claim of a key found. */
enum Claim {
    FRESH,
    DUPLICATE,
    DIFFERENT_BODY
}
