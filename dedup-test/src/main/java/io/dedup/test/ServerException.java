package io.dedup.test;

import org.jspecify.annotations.Nullable;

/** A test server is missing, did not start, or cannot do what it was asked; the message says what to do next. */
public final class ServerException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    ServerException(String message) {
        super(message);
    }

    ServerException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
