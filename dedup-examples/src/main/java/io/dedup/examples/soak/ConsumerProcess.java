package io.dedup.examples.soak;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A {@link SoakConsumer} in a JVM of its own. */
final class ConsumerProcess {

    private static final long CLOSE_SECONDS = 60;
    private static final int TAIL_LINES = 40;

    private final Process process;
    private final Path log;

    private ConsumerProcess(Process process, Path log) {
        this.process = process;
        this.log = log;
    }

    static ConsumerProcess start(TestBed bed, int slot, long seed, Path log) throws IOException {
        String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        Process process = new ProcessBuilder(List.of(
                        java,
                        "-XX:TieredStopAtLevel=1",
                        "-XX:+UseSerialGC",
                        "-XX:+ExitOnOutOfMemoryError",
                        "-Xmx128m",
                        "-Dorg.slf4j.simpleLogger.showDateTime=true",
                        "-Dorg.slf4j.simpleLogger.dateTimeFormat=HH:mm:ss.SSS",
                        "-Dorg.slf4j.simpleLogger.log.io.dedup=debug",
                        "-cp",
                        System.getProperty("java.class.path"),
                        SoakConsumer.class.getName(),
                        bed.jdbcUrl(),
                        bed.amqpUri(),
                        String.valueOf(slot),
                        String.valueOf(seed)))
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
        return new ConsumerProcess(process, log);
    }

    boolean isAlive() {
        return process.isAlive();
    }

    /** As {@code kill -9}. */
    void kill() {
        process.destroyForcibly();
    }

    /** The end of its input makes it close; returns whether it did so well and in time. */
    boolean closeGently() throws InterruptedException {
        try {
            process.getOutputStream().close();
        } catch (IOException e) {
            // It is gone; its exit code says how.
        }
        boolean ended = process.waitFor(CLOSE_SECONDS, TimeUnit.SECONDS);
        process.destroyForcibly();
        return ended && process.exitValue() == 0;
    }

    String tail() {
        try {
            List<String> lines = Files.readAllLines(log);
            return log + ":\n  "
                    + String.join("\n  ", lines.subList(Math.max(0, lines.size() - TAIL_LINES), lines.size()));
        } catch (IOException e) {
            return log + ": " + e;
        }
    }
}
