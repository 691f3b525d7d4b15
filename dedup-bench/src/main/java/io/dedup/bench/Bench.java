package io.dedup.bench;

import io.dedup.bench.Race.Entry;
import io.dedup.bench.Settings.Part;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Measures this library against no protection and against others, all in one run, and writes what it found as a page. */
public final class Bench {

    private static final double[] DUPLICATES = {0, 0.1, 0.5, 1};
    private static final int[] CONCURRENCY = {1, 4, 16};

    private final Settings settings;
    private final TestBed bed;
    private final Results results = new Results();
    private final List<Atomicity.Verdict> verdicts = new ArrayList<>();
    private final Race race;

    private Bench(Settings settings, TestBed bed) {
        this.settings = settings;
        this.bed = bed;
        this.race = new Race(new Track(bed), settings, results);
    }

    /**
     * Runs it. System properties: {@code dedup.bench.quick} for little of everything, {@code dedup.bench.parts} for some
     * parts, as {@code throughput,latency}, {@code dedup.bench.keys} for the sizes of the full tables in millions,
     * {@code dedup.bench.out} for the folder of the page.
     *
     * @param args none
     */
    public static void main(String[] args) {
        Settings settings = Settings.read();
        boolean done = false;
        long start = System.nanoTime();
        try (TestBed bed = TestBed.start()) {
            Bench bench = new Bench(settings, bed);
            bench.run();
            bench.write();
            System.out.println("in " + (System.nanoTime() - start) / 1_000_000_000 + " s, see " + settings.folder());
            done = bench.results.stalls().isEmpty();
        } catch (Exception e) {
            e.printStackTrace(System.out);
        }
        System.exit(done ? 0 : 1);
    }

    private void run() throws Exception {
        if (settings.has(Part.ATOMICITY)) {
            atomicity();
        }
        if (settings.has(Part.THROUGHPUT)) {
            throughput();
        }
        if (settings.has(Part.DUPLICATES)) {
            duplicates();
        }
        if (settings.has(Part.CONCURRENCY)) {
            concurrency();
        }
        if (settings.has(Part.LATENCY)) {
            new Latency(bed, settings, results)
                    .run(List.of(Contestants.NO_PROTECTION, Contestants.ONE_BY_ONE, Contestants.GROUPS), Write.INSERT);
        }
        if (settings.has(Part.WAITING)) {
            new Waiting(bed, settings, results).run();
        }
        if (settings.has(Part.SIZE)) {
            size();
        }
    }

    private Profile.@Nullable Findings profile() throws Exception {
        if (!settings.has(Part.PROFILE)) {
            return null;
        }
        if (!bed.postgres.canRestart()) {
            System.out.println("no profile: " + bed.postgres + " cannot be restarted with pg_stat_statements");
            return null;
        }
        return new Profile(bed, race).run();
    }

    private void atomicity() throws Exception {
        Atomicity atomicity = new Atomicity(bed);
        for (Contestant contestant : Stream.concat(Contestants.library().stream(), Contestants.rivals().stream())
                .toList()) {
            Atomicity.Verdict verdict = atomicity.of(contestant);
            System.out.println(verdict);
            verdicts.add(verdict);
        }
    }

    private void throughput() throws Exception {
        List<Entry> entries = new ArrayList<>();
        for (Write write : Write.values()) {
            Contestants.all().forEach(contestant -> entries.add(Entry.of(contestant, write)));
        }
        race.run(Part.THROUGHPUT, entries);
    }

    private void duplicates() throws Exception {
        List<Entry> entries = new ArrayList<>();
        for (double share : DUPLICATES) {
            String setting = Math.round(share * 100) + " %";
            for (Contestant contestant : Contestants.againstDuplicates()) {
                entries.add(new Entry(setting, contestant, Write.INSERT, Settings.CONCURRENCY, share));
            }
        }
        race.run(Part.DUPLICATES, entries);
    }

    private void concurrency() throws Exception {
        List<Entry> entries = new ArrayList<>();
        for (int workers : CONCURRENCY) {
            String setting = workers + (workers == 1 ? " worker" : " workers");
            for (Contestant contestant : Contestants.main()) {
                entries.add(new Entry(setting, contestant, Write.INSERT, workers, 0));
            }
        }
        race.run(Part.CONCURRENCY, entries);
    }

    private void size() throws Exception {
        FilledTables tables = new FilledTables(bed);
        tables.checkpointsOnDemand();
        for (int millions : settings.millionKeys()) {
            tables.create(millions);
        }
        tables.checkpoint();
        List<Entry> between = new ArrayList<>();
        List<Entry> after = new ArrayList<>();
        for (int millions : settings.millionKeys()) {
            tables.touch(millions);
            for (Library contestant : List.of(Contestants.ONE_BY_ONE, Contestants.GROUPS)) {
                Library there = contestant.on(FilledTables.name(millions));
                between.add(filled(FilledTables.title(millions), there));
                if (millions > 0) {
                    after.add(filled(FilledTables.afterCheckpoint(millions), there.after(tables::checkpoint)));
                }
            }
        }
        race.run(Part.SIZE, between);
        race.run(Part.SIZE, after);
        tables.usualCheckpoints();
    }

    private static Entry filled(String setting, Contestant contestant) {
        return new Entry(setting, contestant, Write.INSERT, Settings.CONCURRENCY, 0);
    }

    private void write() throws Exception {
        Map<String, String> machine = Machine.describe(bed);
        Page page = new Page(settings, machine, results, verdicts, profile());
        page.write();
        System.out.println();
        System.out.println(page.targets());
    }
}
