package io.dedup;

import static java.util.Objects.requireNonNull;

import io.dedup.spi.KeyedWork;
import io.dedup.spi.TransactionSource;
import java.sql.Connection;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Attempts to process messages: claim, handler's work under guard, listeners notified. */
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

    Attempts in(TransactionSource source) {
        return new Attempts(new Transactions(source), messages, timeLimit, listener);
    }

    Attempts waitingAtMost(Duration limit) {
        return new Attempts(transactions, messages.waitingAtMost(limit), timeLimit, listener);
    }

    Attempts notifying(DedupListener other) {
        return new Attempts(transactions, messages, timeLimit, listener.and(other));
    }

    ProcessedMessages messages() {
        return messages;
    }

    DedupListener listener() {
        return listener;
    }

    /** One message in a transaction of its own. */
    Result one(KeyedWork task) {
        Stopwatch watch = new Stopwatch();
        TransactionResult<Claim> ended = transactions.run(
                tx -> {
                    watch.claiming();
                    Claim claim = messages.claim(tx, task.key(), task.body());
                    watch.claimed();
                    if (claim == Claim.FRESH) {
                        runGuarded(task.work(), tx);
                    }
                    return claim;
                },
                claim -> claim == Claim.FRESH);
        Outcome outcome = ended.failure() != null
                ? ended.failure()
                : requireNonNull(ended.value()).outcome();
        Result result = watch.result(task.key(), outcome, ended);
        tell(result);
        return result;
    }

    /** Several messages in one transaction; see {@link GroupAttempt}. */
    GroupAttempt group(List<KeyedWork> tasks, GroupAttempt.Plan plan) {
        GroupAttempt attempt = new GroupAttempt(this, messages, tasks, plan);
        attempt.run(transactions);
        attempt.results().forEach(this::tell);
        return attempt;
    }

    /** One that would fare as the one before it. */
    Result untried(KeyedWork task, Result before) {
        return untried(task, before.outcome(), before.cause());
    }

    Result untried(KeyedWork task, Outcome outcome, @Nullable Throwable cause) {
        Result result = new Result(task.key(), outcome, cause, 1, Duration.ZERO, Duration.ZERO);
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
        listener.onResult(result);
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

        Result result(MessageKey key, Outcome outcome, @Nullable TransactionResult<?> ending) {
            Duration took = Duration.ofNanos(System.nanoTime() - start);
            return ending == null
                    ? new Result(key, outcome, null, 1, claim, took)
                    : new Result(key, outcome, ending.cause(), ending.tries(), claim, took);
        }
    }
}
