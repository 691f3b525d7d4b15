package io.dedup.bench;

import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What a benchmark can be told, as system properties {@code dedup.bench.…}.
 *
 * @param quick few messages and rounds: shows that everything works, not how fast
 * @param parts what to measure
 * @param only contestants whose names this finds
 * @param rounds how often each is measured, interleaved with the others
 * @param length how long one measurement should take
 * @param millionKeys sizes of the pre-filled tables
 * @param folder where the page goes
 */
record Settings(
        boolean quick,
        Set<Part> parts,
        Pattern only,
        int rounds,
        Duration length,
        List<Integer> millionKeys,
        Path folder) {

    static final int CONCURRENCY = 4;
    static final int PREFETCH = 200;

    /** What can be measured, in this order. */
    enum Part {
        ATOMICITY,
        THROUGHPUT,
        DUPLICATES,
        CONCURRENCY,
        LATENCY,
        WAITING,
        SIZE,
        PROFILE
    }

    static Settings read() {
        boolean quick = Boolean.getBoolean("dedup.bench.quick");
        String parts = property("parts", "");
        String keys = property("keys", quick ? "0" : "0,1,10");
        return new Settings(
                quick,
                parts.isEmpty()
                        ? EnumSet.allOf(Part.class)
                        : words(parts)
                                .map(part -> Part.valueOf(part.toUpperCase(Locale.ROOT)))
                                .collect(Collectors.toCollection(() -> EnumSet.noneOf(Part.class))),
                Pattern.compile(property("only", "")),
                Integer.parseInt(property("rounds", quick ? "1" : "3")),
                Duration.ofMillis(Long.parseLong(property("millis", quick ? "150" : "1500"))),
                words(keys).map(Integer::valueOf).toList(),
                Path.of(property("out", quick ? "target/bench" : "docs/benchmark")));
    }

    boolean has(Part part) {
        return parts.contains(part);
    }

    boolean has(Contestant contestant) {
        return only.matcher(contestant.name()).find();
    }

    /** What was typed, as far as it differs from the default. */
    String command() {
        StringBuilder command = new StringBuilder("mvn -q -Pbench");
        for (String name : List.of("quick", "parts", "only", "keys", "rounds", "millis")) {
            String value = property(name, "");
            if (!value.isEmpty() && !value.equals("false")) {
                command.append(" -Ddedup.bench.").append(name).append('=').append(value);
            }
        }
        return command.toString();
    }

    private static String property(String name, String otherwise) {
        String value = System.getProperty("dedup.bench." + name, "").trim();
        return value.isEmpty() ? otherwise : value;
    }

    private static Stream<String> words(String list) {
        return Stream.of(list.split(",", -1)).map(String::trim).filter(word -> !word.isEmpty());
    }
}
