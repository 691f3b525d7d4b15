package io.dedup.examples;

import io.dedup.Deduplicator;
import io.dedup.rabbit.DedupConsumer;
import io.dedup.rabbit.MessageIdResolver;
import java.time.Duration;

/** The handler with the library. */
final class DedupSide {

    private static final MessageIdResolver IDS = MessageIdResolver.property();

    private DedupSide() {}

    static Side.Running start(Side side) {
        Tally tally = side.tally();
        Deduplicator dedup = Deduplicator.builder(side.pool()).listener(tally).build();
        dedup.migrate();
        DedupConsumer consumer = DedupConsumer.builder(side.rabbit(), dedup, side.queue())
                .messageId(delivery -> {
                    tally.begin(delivery);
                    return IDS.resolve(delivery);
                })
                .concurrency(Settings.CONCURRENCY)
                .prefetch(Settings.PREFETCH)
                .pause(Duration.ofMillis(100), Duration.ofSeconds(1))
                .start(side.handler());
        return consumer::close;
    }
}
