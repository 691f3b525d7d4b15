package io.dedup.examples.soak;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/** The consumer JVMs, one in each slot. None outlives this JVM. */
final class Fleet implements AutoCloseable {

    static final int SLOTS = 3;

    private final TestBed bed;
    private final Settings settings;
    private final List<ConsumerProcess> slots = new ArrayList<>();
    private final Set<Integer> endedByThemselves = new TreeSet<>();
    private int started;
    private boolean closed;

    Fleet(TestBed bed, Settings settings) throws IOException {
        this.bed = bed;
        this.settings = settings;
        emptyLogs();
        Runtime.getRuntime().addShutdownHook(new Thread(this::close, "soak-end-of-consumers"));
        for (int slot = 0; slot < SLOTS; slot++) {
            slots.add(launch(slot));
        }
    }

    private void emptyLogs() throws IOException {
        Files.createDirectories(settings.logs());
        try (var old = Files.newDirectoryStream(settings.logs(), "consumer-*.log")) {
            for (Path log : old) {
                Files.delete(log);
            }
        }
    }

    private ConsumerProcess launch(int slot) throws IOException {
        int number = ++started;
        Path log = settings.logs().resolve("consumer-" + slot + "-" + number + ".log");
        return ConsumerProcess.start(bed, slot, settings.seed() + number, log);
    }

    /** Kills the one in the slot and starts another. */
    synchronized void replace(int slot) throws IOException {
        if (!closed) {
            noteIfDead(slot);
            slots.get(slot).kill();
            slots.set(slot, launch(slot));
        }
    }

    /** The slots in which a JVM was found dead that nobody had killed. */
    synchronized Set<Integer> endedByThemselves() {
        for (int slot = 0; slot < SLOTS; slot++) {
            noteIfDead(slot);
        }
        return Set.copyOf(endedByThemselves);
    }

    private void noteIfDead(int slot) {
        if (!slots.get(slot).isAlive()) {
            endedByThemselves.add(slot);
        }
    }

    /** Returns the slots whose JVM did not end well. */
    synchronized List<Integer> closeGently() throws InterruptedException {
        closed = true;
        List<Integer> bad = new ArrayList<>();
        for (int slot = 0; slot < SLOTS; slot++) {
            if (!slots.get(slot).closeGently()) {
                bad.add(slot);
            }
        }
        return bad;
    }

    synchronized void printTails() {
        slots.forEach(consumer -> System.out.println(consumer.tail()));
    }

    @Override
    public synchronized void close() {
        closed = true;
        slots.forEach(ConsumerProcess::kill);
    }
}
