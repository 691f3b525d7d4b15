package io.dedup.examples;

import com.rabbitmq.client.Connection;
import io.dedup.Deduplicator;
import io.dedup.MessageIdResolver;
import io.dedup.rabbit.DedupConsumer;
import java.io.IOException;
import java.time.Duration;

/** The handler with the library. */
final class DedupSide {

    private static final MessageIdResolver IDS = MessageIdResolver.property();

    private DedupSide() {}

    static Side.Running start(Side side) throws IOException {
        Tally tally = side.tally();
        Deduplicator dedup = Deduplicator.builder(side.pool()).listener(tally).build();
        dedup.admin().migrate();
        Connection publishing = side.connect("publishing");
        DedupConsumer consumer = DedupConsumer.builder(side.rabbit(), publishing, dedup, side.queue())
                .messageId(message -> {
                    tally.begin();
                    return IDS.resolve(message);
                })
                .concurrency(Settings.CONCURRENCY)
                .prefetch(Settings.PREFETCH)
                .pause(Duration.ofMillis(100), Duration.ofSeconds(1))
                .start(side.handler());
        return () -> {
            consumer.close();
            publishing.abort();
        };
    }
}
