package io.dedup;

import io.dedup.spi.OpenTransaction;
import org.jspecify.annotations.Nullable;

/** For handlers that want to be sure. */
public final class Dedup {

    private static final ThreadLocal<@Nullable OpenTransaction> CURRENT = new ThreadLocal<>();

    private Dedup() {}

    /**
     * Makes sure that the calling thread is in a message's transaction, so that what it writes there shares the fate of the
     * message. For the first line of a handler: one that is called without protection (its listener was configured
     * otherwise, or a test calls it) says so instead of writing twice one day.
     *
     * @throws IllegalStateException if it is not
     */
    public static void assertActive() {
        OpenTransaction current = CURRENT.get();
        if (current == null) {
            throw new IllegalStateException(
                    "this code runs outside a message's transaction: its effects would happen at"
                            + " least once, not exactly once. Call it from a protected handler (in Spring: a listener of the"
                            + " library's container factory), on the handler's thread");
        }
        if (current.isSuspended()) {
            throw new IllegalStateException("this code runs in another transaction than its message (REQUIRES_NEW,"
                    + " NOT_SUPPORTED, or another transaction manager): its effects would happen at least once, not"
                    + " exactly once. Let it join the message's transaction, the default (REQUIRED)");
        }
    }

    /** Returns the one before, to be entered again after this one. */
    static @Nullable OpenTransaction enter(@Nullable OpenTransaction transaction) {
        OpenTransaction before = CURRENT.get();
        if (transaction == null) {
            CURRENT.remove();
        } else {
            CURRENT.set(transaction);
        }
        return before;
    }
}
