package io.dedup.rabbit;

import io.dedup.Deduplicator;
import java.time.Duration;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** What a consumer was built with. */
record Options(
        Deduplicator dedup,
        String queue,
        String consumer,
        @Nullable String deadLetterQueue, // null: the queue's own dead-letter exchange
        MessageIdResolver resolver,
        MissingId missingId,
        boolean fingerprints,
        DifferentBody differentBody,
        @Nullable Duration maxAge,
        int concurrency,
        int prefetch,
        int maxGroup,
        @Nullable LaneKey lane,
        int maxAttempts,
        Predicate<Throwable> neverRetry,
        Duration firstPause,
        Duration longestPause,
        DeliveryListener listener) {}
