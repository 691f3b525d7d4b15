package io.dedup.bench;

import io.dedup.bench.Results.Measure;
import io.dedup.bench.Settings.Part;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** How long a message takes from its publishing to its commit, at a rate that leaves everybody idle most of the time. */
final class Latency {

    static final int PER_SECOND = 200;
    private static final double WARM_UP = 0.1;
    private static final long PAUSE_NANOS = TimeUnit.SECONDS.toNanos(1) / PER_SECOND;
    private static final java.time.Duration LIMIT = java.time.Duration.ofSeconds(30);

    private final TestBed bed;
    private final Settings settings;
    private final Results results;

    Latency(TestBed bed, Settings settings, Results results) {
        this.bed = bed;
        this.settings = settings;
        this.results = results;
    }

    void run(List<Contestant> contestants, Write write) throws Exception {
        List<Contestant> order = new ArrayList<>(contestants);
        for (int round = 1; round <= settings.rounds(); round++) {
            for (Contestant contestant : order) {
                Samples millis = measure(contestant, write);
                results.add(Part.LATENCY, write.title, contestant.name(), Measure.P50, millis.percentile(0.50));
                results.add(Part.LATENCY, write.title, contestant.name(), Measure.P99, millis.percentile(0.99));
                System.out.printf(
                        Locale.ROOT,
                        "%-11s round %d  %-42s %-42s p50 %6.2f ms  p99 %6.2f ms%n",
                        Part.LATENCY,
                        round,
                        write.title,
                        contestant.name(),
                        millis.percentile(0.50),
                        millis.percentile(0.99));
            }
            Collections.reverse(order);
        }
    }

    private Samples measure(Contestant contestant, Write write) throws Exception {
        bed.tables.reset();
        int seconds = settings.quick() ? 2 : 15;
        Load load = Load.fresh(PER_SECOND * seconds);
        Map<String, Long> published = new ConcurrentHashMap<>();
        Map<String, Double> millis = new ConcurrentHashMap<>();
        Probe probe = new Probe(load.messages().size());
        try (Arena arena = bed.arena(Settings.CONCURRENCY, write, load, probe, id -> {
            Long at = published.get(id);
            millis.put(id, at == null ? Double.NaN : (System.nanoTime() - at) / 1e6);
        })) {
            AutoCloseable running = contestant.start(arena);
            publishInTime(load, published);
            if (!probe.await(LIMIT)) {
                throw new IllegalStateException(contestant.name() + " did not keep up with " + PER_SECOND + "/s");
            }
            running.close();
        }
        bed.tables.verify(contestant.name(), load, write == Write.INSERT_AND_UPDATE);
        return warm(load, millis);
    }

    private void publishInTime(Load load, Map<String, Long> published) throws Exception {
        long next = System.nanoTime();
        for (Order order : load.messages()) {
            for (long rest = next - System.nanoTime(); rest > 0; rest = next - System.nanoTime()) {
                LockSupport.parkNanos(rest);
            }
            published.put(order.id(), System.nanoTime());
            bed.publishUnconfirmed(order);
            next += PAUSE_NANOS;
        }
    }

    private static Samples warm(Load load, Map<String, Double> millis) {
        List<Double> values = new ArrayList<>();
        int all = load.messages().size();
        for (Order order : load.messages().subList((int) (all * WARM_UP), all)) {
            Double value = millis.get(order.id());
            if (value == null || value.isNaN()) {
                throw new IllegalStateException("no latency was measured for " + order.id());
            }
            values.add(value);
        }
        return new Samples(values);
    }
}
