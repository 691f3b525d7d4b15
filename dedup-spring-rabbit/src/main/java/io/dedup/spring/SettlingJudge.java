package io.dedup.spring;

import io.dedup.spi.Disposition;

/** Settling containers: what the handler throws is for the container's advice and error handler. */
final class SettlingJudge implements FailureJudge {

    /** The cause of a dead letter that the handler itself has rejected. */
    static final class HandlerRejected extends RuntimeException {
        private static final long serialVersionUID = 1L;

        HandlerRejected() {
            super("the handler rejected the message, so what it wrote is rolled back", null, false, false);
        }
    }

    @Override
    public Throwable thrown(Part part, Throwable thrown) {
        return ListenerFailures.unwrapped(thrown);
    }

    @Override
    public HandlerRefusal refused(Part part, boolean requeue) {
        return requeue
                ? new HandlerRefusal("returned by its handler", new Disposition.Release())
                : new HandlerRefusal(
                        "rejected by its handler",
                        new Disposition.DeadLetter("rejected by its handler", new HandlerRejected(), null, null));
    }
}
