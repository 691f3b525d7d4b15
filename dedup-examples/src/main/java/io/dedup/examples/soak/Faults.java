package io.dedup.examples.soak;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The faults so far. Thread-safe. */
final class Faults {

    /** One of them; over once the server is back or the network flows. */
    record Fault(FaultKind kind, Instant over) {}

    private final List<Fault> faults = new ArrayList<>();

    synchronized void add(FaultKind kind) {
        faults.add(new Fault(kind, Instant.now()));
    }

    synchronized List<Fault> all() {
        return List.copyOf(faults);
    }

    synchronized int size() {
        return faults.size();
    }

    /** A line for each kind. Survived: afterwards every consumer JVM, or its successor, went on working. */
    String table(Audit audit) throws java.sql.SQLException {
        StringBuilder table = new StringBuilder();
        table.append(row("fault", "done", "survived", "all consumers back after"));
        for (FaultKind kind : FaultKind.values()) {
            List<Duration> recoveries = new ArrayList<>();
            int done = 0;
            for (Fault fault : all()) {
                if (fault.kind == kind) {
                    done++;
                    Instant back = audit.allSlotsWorkedAgain(fault.over);
                    if (back != null) {
                        recoveries.add(Duration.between(fault.over, back));
                    }
                }
            }
            table.append(row(kind.text, "" + done, "" + recoveries.size(), range(recoveries)));
        }
        return table.toString();
    }

    private static String range(List<Duration> durations) {
        @Nullable Duration least = durations.stream().min(Duration::compareTo).orElse(null);
        @Nullable Duration most = durations.stream().max(Duration::compareTo).orElse(null);
        return least == null || most == null
                ? "-"
                : "%.1f to %.1f s".formatted(least.toMillis() / 1000.0, most.toMillis() / 1000.0);
    }

    private static String row(String kind, String done, String survived, String back) {
        return "%-38s %5s %9s   %s%n".formatted(kind, done, survived, back);
    }
}
