package io.dedup;

import org.jspecify.annotations.Nullable;

/**
 * How a transaction ended.
 *
 * @param value what was done inside; null if it failed
 * @param failure null if it ended as was wanted, by commit or by rollback; otherwise BUSY, FAILED, UNAVAILABLE or UNKNOWN
 * @param cause why it failed
 * @param tries how many transactions were begun
 */
record TransactionResult<T>(
        @Nullable T value,
        @Nullable Outcome failure,
        @Nullable Throwable cause,
        int tries) {

    static <T> TransactionResult<T> ended(T value, int tries) {
        return new TransactionResult<>(value, null, null, tries);
    }

    static <T> TransactionResult<T> failed(Outcome failure, Throwable cause, int tries) {
        return new TransactionResult<>(null, failure, cause, tries);
    }

    boolean collided() {
        return failure == Outcome.BUSY && cause != null && SqlStates.isCollision(SqlStates.of(cause));
    }
}
