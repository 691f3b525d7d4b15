package io.dedup.bench;

import org.jspecify.annotations.Nullable;

/** A way to consume the queue. */
interface Contestant {

    /** What it is compared as. */
    enum Kind {
        NO_PROTECTION,
        LIBRARY,
        RIVAL,
        LIMIT
    }

    /**
     * What it is called.
     *
     * @param name in tables
     * @param kind what it is compared as
     * @param keys the table in which it keeps the messages that it has processed; null if it does not
     */
    record Label(String name, Kind kind, @Nullable String keys) {

        static Label unprotected(String name, Kind kind) {
            return new Label(name, kind, null);
        }
    }

    Label label();

    default String name() {
        return label().name();
    }

    /** Without a handler nothing is written. */
    default boolean writes() {
        return true;
    }

    /** Whether the messages must be in the queue. */
    default boolean consumes() {
        return true;
    }

    /** Starts to consume; closing it ends that, with everything that it has begun done and acknowledged. */
    AutoCloseable start(Arena arena) throws Exception;
}
