package io.dedup.test;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes the first way that works, or exactly the one that {@code DEDUP_SERVERS} (or the system property
 * {@code dedup.servers}) forces.
 */
final class ServerChoice {
    private static final Logger log = LoggerFactory.getLogger(ServerChoice.class);
    private static final String HINT = "DEDUP_SERVERS (or -Ddedup.servers) may be environment, containers, binaries or"
            + " qpid; unset, the first that works is taken.";

    private ServerChoice() {}

    static <N> N start(String what, List<Way<N>> ways) {
        return start(what, ways, setting());
    }

    static <N> N start(String what, List<Way<N>> ways, @Nullable String setting) {
        return setting == null || setting.isBlank() ? startFirst(what, ways) : startForced(what, ways, forced(setting));
    }

    private static <N> N startForced(String what, List<Way<N>> ways, ServerKind forced) {
        Way<N> way = ways.stream()
                .filter(w -> w.kind() == forced)
                .findFirst()
                // Qpid brings no database: its companion is the PostgreSQL that needs nothing else either.
                .or(() -> ways.stream()
                        .filter(w -> w.kind() == ServerKind.BINARIES)
                        .findFirst())
                .orElseThrow();
        Optional<String> missing = way.missing().get();
        if (missing.isPresent()) {
            throw new ServerException("No " + what + ": " + missing.get() + " Nothing else was tried, because"
                    + " DEDUP_SERVERS forces this way. " + HINT);
        }
        return way.start().get();
    }

    private static <N> N startFirst(String what, List<Way<N>> ways) {
        List<String> reasons = new ArrayList<>();
        for (Way<N> way : ways) {
            Optional<String> missing = way.missing().get();
            if (missing.isPresent()) {
                reasons.add(missing.get());
                continue;
            }
            try {
                return way.start().get();
            } catch (RuntimeException e) {
                if (way.kind() == ServerKind.ENVIRONMENT) {
                    throw e; // somebody named this very server: no other will do
                }
                warn(what, way.kind(), e);
                reasons.add(e.toString());
            }
        }
        throw new ServerException("No " + what + " on this machine:\n- " + String.join("\n- ", reasons) + "\n" + HINT);
    }

    /** Loud, because a lesser server may be taken instead. */
    private static void warn(String what, ServerKind kind, RuntimeException e) {
        String line = "No " + what + " from " + kind + ", trying the next way: " + firstLine(e);
        System.out.println("dedup-test: " + line);
        log.warn(line, e);
    }

    private static String firstLine(RuntimeException e) {
        return String.valueOf(e.getMessage()).lines().findFirst().orElse("");
    }

    private static @Nullable String setting() {
        String property = System.getProperty("dedup.servers");
        return property != null ? property : System.getenv("DEDUP_SERVERS");
    }

    private static ServerKind forced(String setting) {
        return switch (setting.strip().toLowerCase(Locale.ROOT)) {
            case "environment" -> ServerKind.ENVIRONMENT;
            case "containers", "container" -> ServerKind.CONTAINER;
            case "binaries" -> ServerKind.BINARIES;
            case "qpid" -> ServerKind.QPID;
            default -> throw new ServerException("No such kind of server: \"" + setting + "\". " + HINT);
        };
    }
}
