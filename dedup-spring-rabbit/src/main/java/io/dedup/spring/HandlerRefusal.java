package io.dedup.spring;

import io.dedup.spi.Disposition;
import io.dedup.spi.HandlerDecision;

/** Thrown inside the transaction, so that it is rolled back: what is to become of the message is decided. */
final class HandlerRefusal extends RuntimeException implements HandlerDecision {

    private static final long serialVersionUID = 1L;

    private final transient Disposition disposition;

    HandlerRefusal(String message, Disposition disposition) {
        super(message, null, false, false);
        this.disposition = disposition;
    }

    @Override
    public Disposition disposition() {
        return disposition;
    }
}
