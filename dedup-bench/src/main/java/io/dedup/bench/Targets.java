package io.dedup.bench;

import static io.dedup.bench.Contestants.BATCH_HANDLER;
import static io.dedup.bench.Contestants.CONSUME_AND_ACK;
import static io.dedup.bench.Contestants.GROUPS;
import static io.dedup.bench.Contestants.LANES;
import static io.dedup.bench.Contestants.NO_PROTECTION;
import static io.dedup.bench.Contestants.ONE_BY_ONE;

import io.dedup.bench.Results.Measure;
import io.dedup.bench.Settings.Part;
import java.util.Comparator;
import java.util.List;
import java.util.OptionalDouble;

/** What was to be reached, computed from the medians of one run. */
final class Targets {

    private final Results results;
    private final List<Atomicity.Verdict> verdicts;

    Targets(Results results, List<Atomicity.Verdict> verdicts) {
        this.results = results;
        this.verdicts = verdicts;
    }

    List<Target> all() {
        Write insert = Write.INSERT;
        Write update = Write.INSERT_AND_UPDATE;
        return List.of(
                Target.atLeast(
                        "one by one ÷ no protection, insert", speed(insert, ONE_BY_ONE, NO_PROTECTION), 0.8, 0.9),
                Target.atLeast(
                        "one by one ÷ no protection, insert + update",
                        speed(update, ONE_BY_ONE, NO_PROTECTION),
                        0.8,
                        0.9),
                Target.atLeast("one by one ÷ best rival that is atomic, insert", toBestRival(insert), 1.2, 1.5),
                Target.atLeast(
                        "one by one ÷ best rival that is atomic, insert + update", toBestRival(update), 1.2, 1.5),
                Target.atLeast("groups of 100 ÷ no protection, insert", speed(insert, GROUPS, NO_PROTECTION), 3, 4),
                Target.atLeast("lanes ÷ no protection, insert + update", speed(update, LANES, NO_PROTECTION), 2, 3),
                Target.atLeast(
                        "batch handler ÷ no protection, insert + update",
                        speed(update, BATCH_HANDLER, NO_PROTECTION),
                        5,
                        7),
                Target.atLeast(
                        "batch handler, insert + update ÷ consume and ack without a database",
                        speed(update, BATCH_HANDLER, CONSUME_AND_ACK),
                        0.7,
                        0.9),
                Target.atLeast(
                        "groups of 100 without lanes on contended rows ÷ one by one",
                        speed(update, GROUPS, ONE_BY_ONE),
                        0.9,
                        1.0),
                Target.atLeast(
                        "10 million keys ÷ empty table, one by one", tenMillion(FilledTables.title(10)), 0.9, 1.0),
                Target.atLeast(
                        "… just after a checkpoint, the worst moment",
                        tenMillion(FilledTables.afterCheckpoint(10)),
                        0.9,
                        1.0),
                Target.atMost("p99 at 200 messages/s, groups of 100 ÷ one by one", latency(), 1.1, 1.0),
                Target.atMost("allocation of the library per message, one by one, KB", allocation(), 4, 2));
    }

    /** The fastest rival that was seen to be atomic in this run. */
    private OptionalDouble toBestRival(Write write) {
        OptionalDouble best = Contestants.rivals().stream()
                .filter(this::isAtomic)
                .map(rival -> speed(write, rival))
                .filter(OptionalDouble::isPresent)
                .map(OptionalDouble::getAsDouble)
                .max(Comparator.naturalOrder())
                .map(OptionalDouble::of)
                .orElse(OptionalDouble.empty());
        return quotient(speed(write, ONE_BY_ONE), best);
    }

    private boolean isAtomic(Contestant rival) {
        return verdicts.stream().anyMatch(verdict -> verdict.contestant().equals(rival.name()) && verdict.atomic());
    }

    private OptionalDouble tenMillion(String setting) {
        return quotient(
                median(Part.SIZE, setting, ONE_BY_ONE, Measure.PER_SECOND),
                median(Part.SIZE, FilledTables.title(0), ONE_BY_ONE, Measure.PER_SECOND));
    }

    private OptionalDouble latency() {
        String setting = Write.INSERT.title;
        return quotient(
                median(Part.LATENCY, setting, GROUPS, Measure.P99),
                median(Part.LATENCY, setting, ONE_BY_ONE, Measure.P99));
    }

    private OptionalDouble allocation() {
        String setting = Write.INSERT.title;
        OptionalDouble ours = median(Part.THROUGHPUT, setting, ONE_BY_ONE, Measure.ALLOCATED);
        OptionalDouble plain = median(Part.THROUGHPUT, setting, NO_PROTECTION, Measure.ALLOCATED);
        return ours.isEmpty() || plain.isEmpty()
                ? OptionalDouble.empty()
                : OptionalDouble.of(ours.getAsDouble() - plain.getAsDouble());
    }

    private OptionalDouble speed(Write write, Contestant one, Contestant other) {
        return quotient(speed(write, one), speed(write, other));
    }

    private OptionalDouble speed(Write write, Contestant contestant) {
        return median(Part.THROUGHPUT, write.title, contestant, Measure.PER_SECOND);
    }

    private OptionalDouble median(Part part, String setting, Contestant contestant, Measure measure) {
        return results.median(part, setting, contestant.name(), measure);
    }

    private static OptionalDouble quotient(OptionalDouble a, OptionalDouble b) {
        return a.isEmpty() || b.isEmpty()
                ? OptionalDouble.empty()
                : OptionalDouble.of(a.getAsDouble() / b.getAsDouble());
    }
}
