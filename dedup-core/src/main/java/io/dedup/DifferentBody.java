package io.dedup;

/** What to do with a message whose ID was processed before with another body. */
public enum DifferentBody {
    /** Dead-letter it, with the reason. */
    DEAD_LETTER,

    /** Take it for a duplicate: acknowledge it, and process nothing. */
    SKIP,

    /** Take it for a message of its own: process it once, under a key made of its ID and its body. */
    PROCESS
}
