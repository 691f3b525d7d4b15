package io.dedup.rabbit;

import io.dedup.Deduplicator;
import java.time.Duration;

/** What a consumer was built with. */
record Options(
        Deduplicator dedup,
        String queue,
        String consumer,
        String deadLetterQueue,
        MessageIdResolver resolver,
        boolean fingerprints,
        int concurrency,
        int prefetch,
        Duration firstPause,
        Duration longestPause) {}
