package io.dedup.examples.soak;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Random;

/** What a soak can be told, as system properties {@code dedup.soak.…}. */
record Settings(Duration length, long seed, int rate, Path logs) {

    static Settings read() {
        String seed = System.getProperty("dedup.soak.seed", "");
        return new Settings(
                Duration.ofSeconds(Long.getLong("dedup.soak.seconds", 300)),
                seed.isBlank() ? new Random().nextInt(1_000_000) : Long.parseLong(seed.trim()),
                Integer.getInteger("dedup.soak.rate", 300),
                Path.of(System.getProperty("dedup.soak.logs", "target/soak")));
    }

    /** Publisher and chaos draw from sources of their own: neither's timing changes the other's choices. */
    Random random(int purpose) {
        return new Random(seed * 31 + purpose);
    }
}
