package io.dedup.spring;

/** What the kind of a container makes of handlers that do not simply return. Thread-safe. */
interface FailureJudge {

    /**
     * The listener threw.
     *
     * @return what is to be thrown inside the transaction
     */
    Throwable thrown(Part part, Throwable thrown);

    /** The handler nacked or rejected the message. */
    HandlerRefusal refused(Part part, boolean requeue);
}
