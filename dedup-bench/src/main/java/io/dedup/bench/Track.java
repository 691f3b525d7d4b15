package io.dedup.bench;

import java.time.Duration;

/** Where one contestant at a time runs: empty tables, a filled queue, one run, and the question whether all is right. */
final class Track {

    private static final Duration LIMIT = Duration.ofSeconds(60);

    private final TestBed bed;

    Track(TestBed bed) {
        this.bed = bed;
    }

    /**
     * How a run went.
     *
     * @param perSecond messages a second, from the first delivery to the last acknowledgement
     * @param use of this JVM, by message
     * @param walBytes that PostgreSQL wrote to its log, by message
     * @param finished whether it came to the end
     */
    record Run(double perSecond, JvmUse use, double walBytes, boolean finished) {}

    Run run(Contestant contestant, Write write, int concurrency, Load load) throws Exception {
        bed.tables.reset();
        if (!load.known().isEmpty()) {
            require(once(contestant, write, concurrency, new Load(load.known(), load.known())), contestant);
        }
        Run run = once(contestant, write, concurrency, load);
        if (run.finished() && contestant.writes()) {
            bed.tables.verify(contestant.name(), load, write == Write.INSERT_AND_UPDATE);
        }
        return run;
    }

    private static void require(Run run, Contestant contestant) {
        if (!run.finished()) {
            throw new IllegalStateException(contestant.name() + " did not finish");
        }
    }

    private Run once(Contestant contestant, Write write, int concurrency, Load load) throws Exception {
        if (contestant.consumes()) {
            bed.publish(load.messages());
        }
        System.gc(); // what the publisher has left behind
        long log = bed.tables.logPosition();
        Probe probe = new Probe(load.messages().size());
        boolean finished;
        try (Arena arena = bed.arena(concurrency, write, load, probe, id -> {})) {
            AutoCloseable running = contestant.start(arena);
            finished = probe.await(LIMIT);
            running.close();
        }
        long left = bed.waiting();
        bed.purgeQueue();
        if (finished && left > 0) {
            throw new IllegalStateException(contestant.name() + " left " + left + " messages unacknowledged");
        }
        double walBytes =
                (bed.tables.logPosition() - log) / (double) load.messages().size();
        return new Run(probe.perSecond(), finished ? probe.use() : JvmUse.NONE, walBytes, finished);
    }
}
