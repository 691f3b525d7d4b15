package io.dedup.proof;

import io.dedup.DifferentBody;
import io.dedup.MissingId;
import java.time.Duration;

/** How messages that cannot be processed are treated. */
record ContractTerms(
        int maxAttempts, MissingId missingId, DifferentBody differentBody, Duration firstPause, Duration longestPause) {

    static final ContractTerms DEFAULT = new ContractTerms(
            5, MissingId.DEAD_LETTER, DifferentBody.DEAD_LETTER, Duration.ofMillis(20), Duration.ofMillis(50));

    ContractTerms maxAttempts(int attempts) {
        return new ContractTerms(attempts, missingId, differentBody, firstPause, longestPause);
    }

    ContractTerms unprotectedWithoutId() {
        return new ContractTerms(maxAttempts, MissingId.PROCESS_UNPROTECTED, differentBody, firstPause, longestPause);
    }

    ContractTerms pause(Duration pause) {
        return new ContractTerms(maxAttempts, missingId, differentBody, pause, pause);
    }
}
