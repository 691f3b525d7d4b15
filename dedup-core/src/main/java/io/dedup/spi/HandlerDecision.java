package io.dedup.spi;

/**
 * Implemented by exceptions with which a handler settles its message itself, such as Spring's for a rejection: thrown
 * inside the transaction, which is rolled back, and not counted as a failure.
 */
public interface HandlerDecision {

    /**
     * What the handler decided.
     *
     * @return what to do with the delivery
     */
    Disposition disposition();
}
