package io.dedup;

import java.sql.Connection;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Attempts to process messages: claim, handler's work under guard, result told. */
final class Attempts {

    private static final Logger log = LoggerFactory.getLogger(Attempts.class);

    private final Transactions transactions;
    private final ProcessedMessages messages;
    private final TimeLimit timeLimit;
    private final DedupListener listener;

    Attempts(Transactions transactions, ProcessedMessages messages, TimeLimit timeLimit, DedupListener listener) {
        this.transactions = transactions;
        this.messages = messages;
        this.timeLimit = timeLimit;
        this.listener = listener;
    }

    Attempts on(TransactionSource source) {
        return new Attempts(new Transactions(source), messages, timeLimit, listener);
    }

    /** One message in a transaction of its own. */
    Result one(Task task) {
        Stopwatch watch = new Stopwatch();
        Transactions.Ending ending = transactions.run(tx -> {
            watch.claiming();
            Claim claim = messages.claim(tx, task.key(), task.body());
            watch.claimed();
            return switch (claim) {
                case DUPLICATE, REPEAT -> Outcome.DUPLICATE;
                case DIFFERENT_BODY -> Outcome.DIFFERENT_BODY;
                case FRESH -> {
                    runGuarded(task.work(), tx);
                    yield Outcome.PROCESSED;
                }
            };
        });
        Result result = watch.result(task.key(), ending.outcome(), ending);
        tell(result);
        return result;
    }

    /** Several messages in one transaction; see {@link GroupAttempt}. */
    GroupAttempt group(List<Task> tasks, GroupAttempt.Plan plan) {
        GroupAttempt attempt = new GroupAttempt(this, messages, tasks, plan);
        attempt.run(transactions);
        attempt.results().forEach(this::tell);
        return attempt;
    }

    /** One that would fare as the one before it. */
    Result untried(Task task, Result before) {
        Result result =
                new Result(task.key(), before.outcome(), before.cause(), before.tries(), Duration.ZERO, Duration.ZERO);
        tell(result);
        return result;
    }

    /** Returns whether the work has changed settings of the session. */
    boolean runGuarded(Work<?> work, Connection tx) throws Transactions.WorkFailed {
        GuardedConnection guard = new GuardedConnection(tx);
        try {
            timeLimit.run(work, guard);
            return guard.isSettingsChanged();
        } catch (Throwable t) {
            if (t instanceof InterruptedException) {
                Thread.currentThread().interrupt();
            }
            throw new Transactions.WorkFailed(t);
        } finally {
            guard.revoke();
        }
    }

    private void tell(Result result) {
        log.debug("{} - {}", result.key(), result.outcome());
        tell(() -> listener.onResult(result));
    }

    void tellPurged(long rows) {
        tell(() -> listener.onPurged(rows));
    }

    private static void tell(Runnable event) {
        try {
            event.run();
        } catch (Throwable e) { // a message's settlement must not hang on it
            log.warn("a DedupListener failed; messages are not affected", e);
        }
    }

    /** Takes the times that a result tells. */
    static final class Stopwatch {

        private final long start = System.nanoTime();
        private long claiming;
        private Duration claim = Duration.ZERO;

        void claiming() {
            claiming = System.nanoTime();
        }

        void claimed() {
            claim = Duration.ofNanos(System.nanoTime() - claiming);
        }

        Result result(MessageKey key, Outcome outcome, Transactions.@Nullable Ending ending) {
            Duration took = Duration.ofNanos(System.nanoTime() - start);
            return ending == null
                    ? new Result(key, outcome, null, 1, claim, took)
                    : new Result(key, outcome, ending.cause(), ending.tries(), claim, took);
        }
    }
}
