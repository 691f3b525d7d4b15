package io.dedup.examples;

import java.io.IOException;
import java.io.PrintStream;
import java.sql.SQLException;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/** One run: the same messages to both sides, both at work at the same time under the same faults. */
final class Comparison {

    private static final long LOOK_EVERY_MILLIS = 100;

    private final Settings settings;
    private final DemoServers servers;
    private final Topology topology;
    private final PrintStream out;

    Comparison(Settings settings, DemoServers servers, Topology topology, PrintStream out) {
        this.settings = settings;
        this.servers = servers;
        this.topology = topology;
        this.out = out;
    }

    Report run(Side.Consuming withLibrary) throws IOException, SQLException, TimeoutException, InterruptedException {
        out.printf(
                Locale.ROOT,
                "%,d orders, %,d of them sent twice by a retrying publisher (shuffled, seed %d): %,d messages a queue%n",
                settings.orders(),
                settings.retries(),
                Settings.SEED,
                settings.messages());
        List<Order> stream = OrderStream.of(settings);
        try (Side dedup = new Side(servers, topology, topology.dedupQueue(), settings.orders());
                Side plain = new Side(servers, topology, topology.plainQueue(), settings.orders())) {
            OrderPublisher.publish(topology.broker(), topology.exchange(), stream);
            long published = topology.depth(dedup.queue());
            dedup.start(withLibrary);
            plain.start(PlainSide::start);
            String gaveUp = watch(dedup, plain);
            return new Report(
                    settings,
                    published,
                    gaveUp,
                    dedup.readOut(),
                    dedup.keys(),
                    topology.depth(topology.deadLetterQueue()),
                    plain.readOut());
        }
    }

    /** Why it gave up waiting; null if both sides came to an end. */
    private @Nullable String watch(Side dedup, Side plain) throws IOException, InterruptedException {
        Progress progress = new Progress(out, settings.orders(), dedup, plain);
        long end = System.nanoTime() + settings.limit().toNanos();
        boolean finished = false;
        while (!finished && !progress.isStalled() && System.nanoTime() < end) {
            Thread.sleep(LOOK_EVERY_MILLIS);
            progress.show();
            finished = dedup.isFinished() && plain.isFinished();
            if (!topology.broker().isOpen()) {
                throw new IOException(
                        "lost the connection to the broker, which is not one of those that the demo cuts");
            }
        }
        progress.end();
        if (finished) {
            return null;
        }
        return progress.isStalled()
                ? "no new order for a while"
                : settings.limit().toSeconds() + " seconds are over";
    }
}
