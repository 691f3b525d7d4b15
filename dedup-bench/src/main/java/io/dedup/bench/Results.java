package io.dedup.bench;

import io.dedup.bench.Settings.Part;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;

/** Everything that was measured, in the order of measuring. */
final class Results {

    /** What is measured of a contestant. */
    enum Measure {
        PER_SECOND("messages/s"),
        CPU("CPU of the JVM, µs/message"),
        ALLOCATED("allocated, KB/message"),
        WAL("write-ahead log, bytes/message"),
        P50("p50, ms"),
        P99("p99, ms");

        final String title;

        Measure(String title) {
            this.title = title;
        }
    }

    /**
     * What a figure is of.
     *
     * @param part of the benchmark
     * @param setting what differs within the part
     * @param contestant its name
     * @param measure what was measured
     */
    record Key(Part part, String setting, String contestant, Measure measure) {}

    private final Map<Key, List<Double>> values = new LinkedHashMap<>();
    private final Set<String> stalls = new LinkedHashSet<>();

    void add(Part part, String setting, String contestant, Measure measure, double value) {
        values.computeIfAbsent(new Key(part, setting, contestant, measure), key -> new ArrayList<>())
                .add(value);
    }

    void stalled(Part part, String setting, String contestant) {
        stalls.add(contestant + " (" + setting + ") did not finish in time");
    }

    Set<String> stalls() {
        return stalls;
    }

    Optional<Samples> of(Part part, String setting, String contestant, Measure measure) {
        return Optional.ofNullable(values.get(new Key(part, setting, contestant, measure)))
                .map(Samples::new);
    }

    OptionalDouble median(Part part, String setting, String contestant, Measure measure) {
        return of(part, setting, contestant, measure)
                .map(samples -> OptionalDouble.of(samples.median()))
                .orElse(OptionalDouble.empty());
    }

    Map<Key, Samples> all() {
        Map<Key, Samples> all = new LinkedHashMap<>();
        values.forEach((key, list) -> all.put(key, new Samples(list)));
        return all;
    }

    boolean has(Part part) {
        return values.keySet().stream().anyMatch(key -> key.part() == part);
    }

    Set<String> settings(Part part) {
        return distinct(part, Key::setting);
    }

    Set<String> contestants(Part part) {
        return distinct(part, Key::contestant);
    }

    private Set<String> distinct(Part part, Function<Key, String> property) {
        return values.keySet().stream()
                .filter(key -> key.part() == part)
                .map(property)
                .collect(Collectors.toCollection(LinkedHashSet::new));
    }
}
