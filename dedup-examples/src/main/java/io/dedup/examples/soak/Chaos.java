package io.dedup.examples.soak;

import java.io.IOException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;

/**
 * Does a fault every 2 to 6 seconds: all kinds in a random order, then all again in another. While a server comes back,
 * the other one and the consumers have faults too.
 */
final class Chaos implements Runnable {

    private static final int SHORTEST_PAUSE = 2_000;
    private static final int LONGEST_PAUSE = 6_000;
    private static final int SHORTEST_STALL = 1_000;
    private static final int LONGEST_STALL = 3_000;

    private static final String END_SESSIONS = """
            SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
            WHERE application_name = ? AND datname = current_database() AND pid % 2 = ?""";

    private final TestBed bed;
    private final Fleet fleet;
    private final Faults faults;
    private final Random random;
    private final long end;
    private CompletableFuture<Void> database = CompletableFuture.completedFuture(null);
    private CompletableFuture<Void> broker = CompletableFuture.completedFuture(null);
    private volatile @Nullable Exception failure;

    Chaos(TestBed bed, Fleet fleet, Faults faults, Settings settings) {
        this.bed = bed;
        this.fleet = fleet;
        this.faults = faults;
        this.random = settings.random(2);
        this.end = System.nanoTime() + settings.length().toNanos();
    }

    /** What kept it from going on. */
    @Nullable Exception failure() {
        return failure;
    }

    @Override
    public void run() {
        try {
            do {
                List<FaultKind> round = new ArrayList<>(Arrays.asList(FaultKind.values()));
                Collections.shuffle(round, random);
                round(round);
            } while (!isOver());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (IOException | SQLException | RuntimeException e) {
            failure = e;
        } finally {
            bed.databaseProxy.resume();
            bed.brokerProxy.resume();
            awaitServers();
        }
    }

    private void awaitServers() {
        try {
            CompletableFuture.allOf(database, broker).join();
        } catch (CompletionException e) {
            failure = e;
        }
    }

    /** The first one is always finished, so that every kind had its turn. */
    private void round(List<FaultKind> kinds) throws InterruptedException, IOException, SQLException {
        for (FaultKind kind : kinds) {
            if (isOver() && faults.size() >= kinds.size()) {
                return;
            }
            Thread.sleep(random.nextInt(SHORTEST_PAUSE, LONGEST_PAUSE));
            strike(kind);
        }
    }

    private boolean isOver() {
        return System.nanoTime() - end > 0;
    }

    private void strike(FaultKind kind) throws InterruptedException, IOException, SQLException {
        Duration stall = Duration.ofMillis(random.nextInt(SHORTEST_STALL, LONGEST_STALL));
        int choice = random.nextInt(Fleet.SLOTS);
        switch (kind) {
            case KILL_CONSUMER -> fleet.replace(choice);
            case END_DATABASE_SESSIONS -> endSessions(choice % 2);
            case CUT_DATABASE -> {
                database.join();
                bed.databaseProxy.cut();
            }
            case CUT_BROKER -> {
                broker.join();
                bed.brokerProxy.cut();
            }
            case STALL_DATABASE -> {
                database.join();
                bed.databaseProxy.stall();
                Thread.sleep(stall.toMillis());
                bed.databaseProxy.resume();
            }
            case STALL_BROKER -> {
                broker.join();
                bed.brokerProxy.stall();
                Thread.sleep(stall.toMillis());
                bed.brokerProxy.resume();
            }
            case RESTART_DATABASE -> {
                database.join();
                bed.postgres.kill();
                database = startAgain(kind, bed.postgres::startAgain);
                return;
            }
            case RESTART_BROKER -> {
                broker.join();
                bed.broker.kill();
                broker = startAgain(kind, bed.broker::startAgain);
                return;
            }
        }
        faults.add(kind);
    }

    private CompletableFuture<Void> startAgain(FaultKind kind, Runnable start) {
        return CompletableFuture.runAsync(start).thenRun(() -> faults.add(kind));
    }

    private void endSessions(int half) throws SQLException {
        database.join();
        try (Connection connection = bed.database.dataSource().getConnection();
                PreparedStatement end = connection.prepareStatement(END_SESSIONS)) {
            end.setString(1, TestBed.APPLICATION);
            end.setInt(2, half);
            end.execute();
        }
    }
}
