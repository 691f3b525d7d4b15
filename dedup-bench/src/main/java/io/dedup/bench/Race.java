package io.dedup.bench;

import io.dedup.bench.Results.Measure;
import io.dedup.bench.Settings.Part;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Runs contestants against each other: each to warm up, then all of them round by round, so that what the machine does
 * meanwhile hits all alike; every second round in opposite order. Each runs about equally long, so with as many messages as
 * it is fast.
 */
final class Race {

    // Enough for the compiler: with 3,000, those who share code with others had an advantage.
    private static final int WARM_UP = 10_000;
    private static final int LONGER = 3;
    private static final int FEWEST = 500;
    private static final int MOST = 60_000;

    /**
     * One who takes part.
     *
     * @param setting what differs within the part
     * @param contestant who
     * @param write what its handler does
     * @param concurrency its workers
     * @param duplicates share of messages that were processed before
     */
    record Entry(String setting, Contestant contestant, Write write, int concurrency, double duplicates) {

        static Entry of(Contestant contestant, Write write) {
            return new Entry(write.title, contestant, write, Settings.CONCURRENCY, 0);
        }

        private String usualPace() {
            return contestant.name() + write;
        }

        private String pace() {
            return usualPace() + setting + concurrency;
        }
    }

    private final Track track;
    private final Settings settings;
    private final Results results;
    private final Map<String, Double> paces = new HashMap<>();

    Race(Track track, Settings settings, Results results) {
        this.track = track;
        this.settings = settings;
        this.results = results;
    }

    void run(Part part, List<Entry> all) throws Exception {
        List<Entry> entries =
                all.stream().filter(entry -> settings.has(entry.contestant())).toList();
        for (Entry entry : entries) {
            warmUp(entry);
        }
        List<Entry> order = new ArrayList<>(entries);
        for (int round = 1; round <= settings.rounds(); round++) {
            for (Entry entry : order) {
                measure(part, entry, round);
            }
            Collections.reverse(order);
        }
    }

    /** One longer run outside the rounds; returns how many messages it had. */
    int runOnce(Contestant contestant, Write write) throws Exception {
        Entry entry = Entry.of(contestant, write);
        int size = LONGER * size(entry);
        if (!track.run(contestant, write, entry.concurrency(), Load.fresh(size)).finished()) {
            throw new IllegalStateException(contestant.name() + " did not finish");
        }
        return size;
    }

    void warmUp(Contestant contestant, Write write) throws Exception {
        warmUp(Entry.of(contestant, write));
    }

    private void warmUp(Entry entry) throws Exception {
        String pace = entry.usualPace();
        if (!settings.quick() && !paces.containsKey(pace)) {
            paces.put(pace, paceOf(entry, WARM_UP));
        }
    }

    private double paceOf(Entry entry, int size) throws Exception {
        return track.run(entry.contestant(), entry.write(), Settings.CONCURRENCY, Load.fresh(size))
                .perSecond();
    }

    private int size(Entry entry) {
        double pace = paces.getOrDefault(entry.pace(), paces.getOrDefault(entry.usualPace(), 0.0));
        double wanted = pace * settings.length().toMillis() / 1e3;
        return (int) Math.max(FEWEST, Math.min(MOST, wanted));
    }

    private void measure(Part part, Entry entry, int round) throws Exception {
        int size = size(entry);
        Track.Run run = track.run(
                entry.contestant(), entry.write(), entry.concurrency(), Load.withDuplicates(size, entry.duplicates()));
        String name = entry.contestant().name();
        results.add(part, entry.setting(), name, Measure.PER_SECOND, run.perSecond());
        if (!settings.quick()) {
            paces.put(entry.pace(), run.perSecond());
        }
        if (run.finished()) {
            results.add(part, entry.setting(), name, Measure.CPU, run.use().cpuNanos() / 1e3);
            results.add(
                    part, entry.setting(), name, Measure.ALLOCATED, run.use().bytes() / 1024);
            results.add(part, entry.setting(), name, Measure.WAL, run.walBytes());
        } else {
            results.stalled(part, entry.setting(), name);
        }
        System.out.printf(
                Locale.ROOT,
                "%-11s round %d  %-42s %-42s %,8d messages %,9.0f/s%s%n",
                part,
                round,
                entry.setting(),
                name,
                size,
                run.perSecond(),
                run.finished() ? "" : "  DID NOT FINISH");
    }
}
