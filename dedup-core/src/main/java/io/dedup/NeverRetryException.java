package io.dedup;

import org.jspecify.annotations.Nullable;

/** Thrown by a handler to say that another attempt cannot help: the message goes to the dead letters at once. */
public class NeverRetryException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    /**
     * With a reason.
     *
     * @param message goes into the dead letter's headers
     */
    public NeverRetryException(String message) {
        this(message, null);
    }

    /**
     * With a reason and a cause.
     *
     * @param message goes into the dead letter's headers
     * @param cause what happened
     */
    public NeverRetryException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
