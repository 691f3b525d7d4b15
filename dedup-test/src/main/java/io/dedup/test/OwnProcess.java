package io.dedup.test;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.Stream;

/** A process that we started, with all its children; only ever ended through the handle of its start. */
final class OwnProcess {
    private static final int TAIL_BYTES = 4000;
    private static final long LIMIT_SECONDS = 120;

    private final Process process;
    private final Path log;

    private OwnProcess(Process process, Path log) {
        this.process = process;
        this.log = log;
    }

    /** Starts a command whose output goes to the end of a log file. */
    static OwnProcess start(List<String> command, Path log, Consumer<Map<String, String>> environment) {
        ProcessBuilder builder = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectInput(ProcessBuilder.Redirect.from(nothing()))
                .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
                .directory(log.resolveSibling("").toFile());
        environment.accept(builder.environment());
        try {
            return new OwnProcess(builder.start(), log);
        } catch (IOException e) {
            throw new ServerException("Cannot run " + String.join(" ", command) + ".", e);
        }
    }

    /** Runs a command to its end. */
    static void run(List<String> command, Path log, Consumer<Map<String, String>> environment) {
        OwnProcess process = start(command, log, environment);
        int code = process.await();
        if (code != 0) {
            throw new ServerException("Exit code " + code + " of " + String.join(" ", command)
                    + ". The end of its output:\n" + tail(log));
        }
    }

    boolean isAlive() {
        return process.isAlive();
    }

    String logTail() {
        return tail(log);
    }

    /** As {@code kill -9}, children included; returns when all are gone. */
    void kill() {
        // Listed first: children of a dead parent can no longer be found.
        List<ProcessHandle> family = Stream.concat(Stream.of(process.toHandle()), process.descendants())
                .toList();
        family.forEach(ProcessHandle::destroyForcibly);
        Waiting.until(
                "kill -9 of process " + process.pid(),
                Duration.ofSeconds(LIMIT_SECONDS),
                () -> family.stream().noneMatch(ProcessHandle::isAlive));
    }

    private int await() {
        try {
            if (process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS)) {
                return process.exitValue();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        kill();
        return process.exitValue();
    }

    static String tail(Path log) {
        try {
            byte[] all = Files.readAllBytes(log);
            int from = Math.max(0, all.length - TAIL_BYTES);
            return new String(all, from, all.length - from, StandardCharsets.UTF_8);
        } catch (IOException e) {
            return "(no log: " + e + ")";
        }
    }

    private static File nothing() {
        return new File(isWindows() ? "NUL" : "/dev/null");
    }

    static boolean isWindows() {
        return System.getProperty("os.name").startsWith("Windows");
    }
}
