package io.dedup;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Several messages in one transaction: one statement claims all, the handler works for the new ones in order, one commit.
 * It happens for all or for none; whoever has a group that {@linkplain #failed() failed} tries its messages one by one.
 */
final class GroupAttempt {

    /** What is done for the new ones. */
    @FunctionalInterface
    interface Together {
        void run(Connection tx, List<Task> fresh) throws Transactions.WorkFailed;
    }

    private final ProcessedMessages messages;
    private final List<Task> tasks;
    private final Together together;
    private final Attempts.Stopwatch watch = new Attempts.Stopwatch();
    private List<Claim> claims = List.of();
    private boolean claimed;
    private Transactions.@Nullable Ending ending;
    private List<Result> results = List.of();

    GroupAttempt(ProcessedMessages messages, List<Task> tasks, Together together) {
        this.messages = messages;
        this.tasks = tasks;
        this.together = together;
    }

    void run(Transactions transactions) {
        ending = transactions.once(this::inside);
        results = failed() ? List.of() : tellEach();
    }

    private Outcome inside(Connection tx) throws SQLException, Transactions.WorkFailed {
        watch.claiming();
        claims = messages.groups().claim(tx, tasks);
        watch.claimed();
        claimed = true;
        List<Task> fresh = new ArrayList<>(claims.size());
        for (int place = 0; place < claims.size(); place++) {
            if (claims.get(place) == Claim.FRESH) {
                fresh.add(tasks.get(place));
            }
        }
        if (fresh.isEmpty()) {
            return Outcome.DUPLICATE;
        }
        together.run(tx, fresh);
        return Outcome.PROCESSED;
    }

    /** Whether nothing is left of it, and its messages may fare better alone. */
    boolean failed() {
        return switch (outcome()) {
            case PROCESSED, DUPLICATE, DIFFERENT_BODY, UNKNOWN -> false;
            case BUSY, FAILED -> true;
            case UNAVAILABLE -> claimed; // by a handler, perhaps; without that, the database is away for each of them
        };
    }

    /** Whether it failed over rows that another transaction was at work on. */
    boolean collided() {
        String state = ending == null || ending.cause() == null ? null : SqlStates.of(ending.cause());
        return SqlStates.isCollision(state) || (claimed && SqlStates.LOCK_NOT_AVAILABLE.equals(state));
    }

    /** One for each task; none if it failed. */
    List<Result> results() {
        return results;
    }

    private List<Result> tellEach() {
        List<Result> told = new ArrayList<>(tasks.size());
        for (int place = 0; place < tasks.size(); place++) {
            Outcome outcome = outcome(place);
            boolean ordinary = outcome.isDone() || outcome == Outcome.DIFFERENT_BODY;
            told.add(watch.result(tasks.get(place).key(), outcome, ordinary ? null : ending));
        }
        return told;
    }

    private Outcome outcome(int place) {
        if (!claimed) {
            return outcome();
        }
        return switch (claims.get(place)) {
            case FRESH -> outcome();
            case REPEAT -> outcome() == Outcome.PROCESSED ? Outcome.DUPLICATE : outcome();
            case DUPLICATE -> Outcome.DUPLICATE;
            case DIFFERENT_BODY -> Outcome.DIFFERENT_BODY;
        };
    }

    private Outcome outcome() {
        return ending == null ? Outcome.UNAVAILABLE : ending.outcome();
    }
}
