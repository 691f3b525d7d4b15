package io.dedup.proof;

import org.jspecify.annotations.Nullable;

/** What the application does for one message, whichever way it has come. */
@FunctionalInterface
interface ContractHandler {

    /** What a handler can do in the message's transaction. */
    interface Effects {

        /** Runs a statement with the queue and the message's ID as its parameters. */
        void write(String sql) throws Exception;

        /** The row that stands for the message's effect. */
        default void save() throws Exception {
            write("INSERT INTO orders VALUES (?, ?)");
        }
    }

    /** {@code messageId} is null if there is none. */
    void handle(Effects effects, @Nullable String messageId) throws Exception;
}
