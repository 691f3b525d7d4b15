package io.dedup;

import io.dedup.spi.KeyedWork;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Several messages in one transaction: one statement claims all, the handler works for the new ones in order, one commit.
 * It happens for all or for none; whoever has a group that {@linkplain #failed() failed} tries its messages one by one.
 */
final class GroupAttempt {

    private static final Logger log = LoggerFactory.getLogger(GroupAttempt.class);

    /** One call of the handler, and the messages that it is for. */
    record Step(Work<?> work, List<KeyedWork> tasks) {}

    /** The calls that are made for the new ones. */
    @FunctionalInterface
    interface Plan {
        List<Step> of(List<KeyedWork> fresh);
    }

    private final Attempts attempts;
    private final ProcessedMessages messages;
    private final List<KeyedWork> tasks;
    private final Plan plan;
    private final Attempts.Stopwatch watch = new Attempts.Stopwatch();
    private List<Claim> claims = List.of();
    private @Nullable String transaction;
    private boolean claimed;
    private @Nullable String unfit;
    private List<Step> stranded = List.of();
    private @Nullable TransactionResult<Boolean> ending;
    private List<Result> results = List.of();

    GroupAttempt(Attempts attempts, ProcessedMessages messages, List<KeyedWork> tasks, Plan plan) {
        this.attempts = attempts;
        this.messages = messages;
        this.tasks = tasks;
        this.plan = plan;
    }

    void run(Transactions transactions) {
        ending = transactions.once(this::inside, anyFresh -> anyFresh);
        if (!stranded.isEmpty()) {
            release(transactions);
        }
        results = failed() ? List.of() : eachResult();
    }

    /** Returns whether there was anything to do. */
    private boolean inside(Connection tx) throws SQLException, Transactions.WorkFailed {
        watch.claiming();
        GroupClaims.Found found = messages.groups().claim(tx, tasks);
        watch.claimed();
        claims = found.claims();
        transaction = found.transaction();
        claimed = true;
        GroupOrder.require(tasks, claims);
        List<KeyedWork> fresh = new ArrayList<>(claims.size());
        for (int place = 0; place < claims.size(); place++) {
            if (claims.get(place) == Claim.FRESH) {
                fresh.add(tasks.get(place));
            }
        }
        if (fresh.isEmpty()) {
            return false;
        }
        List<Step> steps = plan.of(fresh);
        for (int i = 0; i < steps.size(); i++) {
            boolean settingsChanged = run(steps.get(i), tx, steps.subList(i + 1, steps.size()));
            if (settingsChanged && steps.size() > 1) {
                unfit = "changes settings of its session, which hold for the next message of a group too";
                throw new DedupException(
                        Outcome.FAILED,
                        "a message's handler " + unfit,
                        "leave groups out for this consumer, or let the handler do without",
                        null);
            }
        }
        return true;
    }

    private boolean run(Step step, Connection tx, List<Step> later) throws Transactions.WorkFailed {
        TransactionHealth health;
        boolean settingsChanged;
        try {
            settingsChanged = attempts.runGuarded(step.work(), tx);
        } finally {
            health = TransactionHealth.asTold(tx);
            if (health == TransactionHealth.ENDED) {
                unfit = "ends its transaction itself, and so that of its neighbours in a group";
                stranded = later;
            }
        }
        DedupExceptions.require(health);
        return settingsChanged;
    }

    /** Their keys may be committed, by whoever ended the transaction, and their handlers have not run. */
    private void release(Transactions transactions) {
        List<MessageKey> keys = stranded.stream()
                .flatMap(step -> step.tasks().stream())
                .map(KeyedWork::key)
                .toList();
        log.warn("{} - its transaction was ended by a handler; releases the keys of those after it", keys);
        TransactionResult<Boolean> released = transactions.run(
                tx -> {
                    messages.groups().release(tx, keys, String.valueOf(transaction));
                    return true;
                },
                done -> done);
        if (released.failure() != null) {
            log.error(
                    "{} - cannot be released; if these keys are in the table, their messages will be taken for"
                            + " duplicates. Forget them: DedupAdmin.forget(key)",
                    keys,
                    released.cause());
            claimed = false; // one by one they would be acknowledged as duplicates
            ending = new TransactionResult<>(null, Outcome.UNAVAILABLE, released.cause(), released.tries());
        }
    }

    /** What makes its handler unfit for groups, if anything does. */
    @Nullable String unfit() {
        return unfit;
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

    private List<Result> eachResult() {
        List<Result> all = new ArrayList<>(tasks.size());
        for (int place = 0; place < tasks.size(); place++) {
            Outcome outcome = outcome(place);
            boolean ordinary = outcome.isDone() || outcome == Outcome.DIFFERENT_BODY;
            all.add(watch.result(tasks.get(place).key(), outcome, ordinary ? null : ending));
        }
        return all;
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
        if (ending == null) {
            return Outcome.UNAVAILABLE;
        }
        if (ending.failure() != null) {
            return ending.failure();
        }
        return Boolean.TRUE.equals(ending.value()) ? Outcome.PROCESSED : Outcome.DUPLICATE;
    }
}
