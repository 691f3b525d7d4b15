package io.dedup.examples.soak;

import java.io.IOException;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeoutException;

/**
 * Some minutes of random faults, and then the question whether every message had its effect exactly once. Three consumer
 * JVMs with four workers each work off a quorum queue; kill -9, cut and stalled connections and restarts of both servers
 * come over them. Exit code 1 if anything is lost, doubled, stuck or dead-lettered without fault.
 */
public final class Soak {

    private static final int LOOK_SECONDS = 5;
    private static final int MOST_SECONDS_TO_RECOVER = 90;
    private static final int MOST_SECONDS_WITHOUT_PROGRESS = 60;
    private static final int MOST_SECONDS_TO_DRAIN = 600;

    /** Longer than any pause of a message that a consumer holds. */
    private static final int QUIET_SECONDS = 12;

    private final Settings settings;
    private final TestBed bed;
    private final Fleet fleet;
    private final Ledger ledger = new Ledger();
    private final Faults faults = new Faults();
    private final Audit audit;
    private final Progress progress;
    private final Report report;

    private Soak(Settings settings, TestBed bed, Fleet fleet) {
        this.settings = settings;
        this.bed = bed;
        this.fleet = fleet;
        this.audit = new Audit(bed);
        this.progress = new Progress(bed, ledger, faults, audit);
        this.report = new Report(ledger, audit);
    }

    /**
     * Runs it. System properties: {@code dedup.soak.seconds}, 300 by default; {@code dedup.soak.seed}, random by default;
     * {@code dedup.soak.rate}, 300 messages a second by default.
     *
     * @param args none
     */
    public static void main(String[] args) {
        Settings settings = Settings.read();
        System.out.println("seed " + settings.seed() + ", " + settings.length().toSeconds()
                + " s; again with -Ddedup.soak.seed=" + settings.seed());
        boolean clean = false;
        try (TestBed bed = TestBed.start();
                Fleet fleet = new Fleet(bed, settings)) {
            clean = new Soak(settings, bed, fleet).run();
        } catch (TestBed.UnsuitableServers e) {
            System.out.println(e.getMessage());
        } catch (Exception e) {
            e.printStackTrace(System.out);
        }
        System.exit(clean ? 0 : 1);
    }

    private boolean run() throws InterruptedException, SQLException, IOException, TimeoutException {
        boolean clean = false;
        try {
            publishDuringChaos();
            report.require(awaitDrained(), "the queue did not run empty, or messages remained undone");
            endConsumers();
            report.check(DeadLetterBox.read(bed));
            clean = report.isClean();
        } finally {
            if (!clean) {
                fleet.printTails();
            }
        }
        report.print(faults, settings);
        return clean;
    }

    private void publishDuringChaos() throws InterruptedException, SQLException {
        Publisher publisher = new Publisher(bed, ledger, settings);
        Thread publishing = thread("soak-publisher", publisher);
        if (!awaitAllAtWork()) {
            throw new IllegalStateException("not every consumer JVM has begun to work");
        }
        Chaos chaos = new Chaos(bed, fleet, faults, settings);
        Thread striking = thread("soak-chaos", chaos);
        while (striking.isAlive()) {
            striking.join(LOOK_SECONDS * 1_000L);
            progress.print("chaos");
        }
        report.require(chaos.failure() == null, "chaos itself failed: " + chaos.failure());
        report.require(awaitAllAtWork(), "not every consumer JVM went on working after the last fault");
        publisher.stop();
        publishing.join(MOST_SECONDS_TO_RECOVER * 1_000L);
        report.require(!publishing.isAlive(), "the broker does not confirm what is published");
    }

    private void endConsumers() throws InterruptedException, IOException, TimeoutException {
        Set<Integer> dead = fleet.endedByThemselves();
        report.require(dead.isEmpty(), "consumer JVMs ended by themselves, in slots " + dead);
        List<Integer> stuck = fleet.closeGently();
        report.require(stuck.isEmpty(), "consumer JVMs did not close gently, in slots " + stuck);
        long held = progress.ready(TestBed.QUEUE);
        report.require(held == 0, held + " messages are back in the queue: consumers held them and never settled them");
    }

    private boolean awaitAllAtWork() throws InterruptedException, SQLException {
        Instant start = Instant.now();
        for (int i = 0; i < MOST_SECONDS_TO_RECOVER; i++) {
            if (audit.allSlotsWorkedAgain(start) != null) {
                return true;
            }
            Thread.sleep(1_000);
        }
        return false;
    }

    /** All effects there, all poison dead-lettered, the queue empty, and so for a while. */
    private boolean awaitDrained() throws InterruptedException, SQLException, IOException, TimeoutException {
        int quiet = 0;
        long last = -1;
        for (int i = 1, idle = 0;
                quiet < QUIET_SECONDS && idle < MOST_SECONDS_WITHOUT_PROGRESS && i < MOST_SECONDS_TO_DRAIN;
                i++, idle++) {
            long ready = progress.ready(TestBed.QUEUE);
            long done = audit.processed() + progress.ready(TestBed.DEAD);
            quiet = ready == 0 && done >= ledger.size() ? quiet + 1 : 0;
            idle = done - ready == last ? idle : 0;
            last = done - ready;
            if (i % LOOK_SECONDS == 0) {
                progress.print("drain");
            }
            Thread.sleep(1_000);
        }
        return quiet == QUIET_SECONDS;
    }

    private static Thread thread(String name, Runnable task) {
        Thread thread = new Thread(task, name);
        thread.setDaemon(true);
        thread.start();
        return thread;
    }
}
