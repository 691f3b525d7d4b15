package io.dedup.rabbit.spring;

/** For handlers that want to be sure. */
public final class Dedup {

    private Dedup() {}

    /**
     * Makes sure that the calling thread is in a message's transaction: that what it writes through Spring shares the
     * fate of the message. For the first line of a handler, so that one which is called without protection (its listener
     * was configured otherwise, or a test calls it) says so instead of writing twice one day.
     *
     * @throws IllegalStateException if it is not
     */
    public static void assertActive() {
        MessageTransaction current = MessageTransaction.current();
        if (current == null) {
            throw new IllegalStateException(
                    "this code runs outside a message's transaction: its effects would happen at"
                            + " least once, not exactly once. Let its listener use containerFactory ="
                            + " \"dedupRabbitListenerContainerFactory\" or @DedupRabbitListener, and work on the listener's thread");
        }
        if (current.isSuspended()) {
            throw new IllegalStateException("this code runs in another transaction than its message (REQUIRES_NEW,"
                    + " NOT_SUPPORTED, or another transaction manager): its effects would happen at least once, not"
                    + " exactly once. Let it join the message's transaction, the default (REQUIRED)");
        }
    }
}
