package io.dedup.rabbit.spring;

/** What is to be done with a message after its attempt; what the handler threw is not among it but thrown on. */
sealed interface Verdict {

    /** Its effects are committed, or someone else vouches for it. */
    record Done() implements Verdict {}

    /** No fault of the message's: to be given back, in the way that quorum queues do not count. */
    record Back(Throwable cause) implements Verdict {}

    /** Never to be processed as it is: to be rejected. */
    record Aside(Throwable cause) implements Verdict {}

    /** Settled by the handler itself, by a nack or a reject. */
    record AsHandlerSays(HandlerRefused refusal) implements Verdict {}

    Done DONE = new Done();

    /** Thrown inside the transaction: what a handler nacks, it has not processed. */
    final class HandlerRefused extends RuntimeException {
        private static final long serialVersionUID = 1L;

        /** Whether the handler wants it back. */
        private final boolean requeue;

        HandlerRefused(boolean requeue) {
            super("the handler nacked or rejected the message, so what it wrote is rolled back", null, false, false);
            this.requeue = requeue;
        }

        boolean requeue() {
            return requeue;
        }
    }
}
