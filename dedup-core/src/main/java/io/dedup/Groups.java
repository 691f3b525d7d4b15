package io.dedup;

import static java.util.Objects.requireNonNull;

import java.sql.Connection;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Processes messages that are waiting anyway several to a transaction, for one commit and one claim instead of many.
 *
 * <ol>
 *   <li>claim all keys of the group in one statement; repeats within it count once
 *   <li>run the handler's work for each new one, in order
 *   <li>check that the transaction is still sound, and commit
 *   <li>on any trouble roll everything back and process the messages one by one, as {@link Deduplicator#attempt} does
 * </ol>
 *
 * So what one message does wrong costs the others nothing but time; and a handler may run again although it was another
 * message that failed, so effects outside the transaction are repeated more often than one by one.
 *
 * <p>A group keeps its handlers' row locks until its commit. Groups whose messages touch the same rows block each other,
 * or deadlock; a statement of a group waits at most 200 ms for a lock (unless the session has a {@code lock_timeout}
 * already), and the size of the groups shrinks, down to one, while they collide. Better, let one thread process all
 * messages that touch the same rows.
 *
 * <p>A handler that changes settings of its session ({@code SET}, {@code set_config}) is not for groups, since they would
 * hold for the next message too: once one has, all messages are processed one by one.
 *
 * <p>Thread-safe: one serves all threads of a consumer.
 */
public final class Groups {

    private static final Logger log = LoggerFactory.getLogger(Groups.class);

    private final Attempts attempts;
    private final GroupSize size;
    private final Set<String> warned = ConcurrentHashMap.newKeySet();

    Groups(Attempts attempts, int max) {
        if (max < 1) {
            throw new IllegalArgumentException("max " + max + " is not positive");
        }
        this.attempts = attempts;
        this.size = new GroupSize(max, System::nanoTime);
    }

    /**
     * How many messages to hand over next: at most this many, and never to be waited for.
     *
     * @return from 1 to the maximum; less while groups fail or collide
     */
    public int size() {
        return size.current();
    }

    /**
     * Processes messages, each with work of its own. More than {@link #size()} are processed in several groups.
     *
     * @param tasks the messages, and what to do for each that is new
     * @return what became of each, in the same order; as from {@link Deduplicator#attempt}, nothing is thrown
     */
    public List<Result> attempt(List<Task> tasks) {
        return inGroups(
                tasks,
                fresh -> fresh.stream()
                        .map(task -> new GroupAttempt.Step(task.work(), List.of(task)))
                        .toList());
    }

    /**
     * Processes messages with work that takes many at once.
     *
     * @param messages the messages
     * @param work what to do for the new ones among them; for each alone where a group failed
     * @param <T> what stands for a message
     * @return what became of each, in the same order; as from {@link Deduplicator#attempt}, nothing is thrown
     */
    public <T> List<Result> attempt(List<Message<T>> messages, BatchWork<T> work) {
        requireNonNull(work, "work");
        List<Task> tasks = new ArrayList<>(messages.size());
        for (Message<T> message : messages) {
            tasks.add(new Task(message.key(), message.body(), new Alone<>(work, message.content())));
        }
        return inGroups(tasks, fresh -> {
            List<T> contents = contentsOf(fresh);
            return List.of(new GroupAttempt.Step(tx -> work.run(tx, contents), fresh));
        });
    }

    /** Work on one message of a batch. */
    private record Alone<T>(BatchWork<T> work, T content) implements Work<Exception> {

        @Override
        public void run(Connection tx) throws Exception {
            work.run(tx, List.of(content));
        }
    }

    @SuppressWarnings("unchecked") // made above, of the same type
    private static <T> List<T> contentsOf(List<Task> tasks) {
        List<T> contents = new ArrayList<>(tasks.size());
        for (Task task : tasks) {
            contents.add(((Alone<T>) task.work()).content());
        }
        return contents;
    }

    private List<Result> inGroups(List<Task> tasks, GroupAttempt.Plan plan) {
        List<Result> results = new ArrayList<>(tasks.size());
        while (results.size() < tasks.size()) {
            int from = results.size();
            List<Task> some = tasks.subList(from, Math.min(tasks.size(), from + size.current()));
            Result away = away(results);
            if (away != null) {
                results.add(attempts.untried(some.get(0), away));
            } else if (some.size() == 1) {
                results.add(alone(some.get(0)));
            } else {
                results.addAll(inOneGroup(some, plan));
            }
        }
        return results;
    }

    private Result alone(Task task) {
        Result result = attempts.one(task);
        if (result.outcome().isDone()) {
            size.good(1);
        }
        return result;
    }

    private List<Result> inOneGroup(List<Task> tasks, GroupAttempt.Plan plan) {
        GroupAttempt attempt = attempts.group(tasks, plan);
        if (!attempt.failed()) {
            size.good(tasks.size());
            return attempt.results();
        }
        String consumer = tasks.get(0).key().consumer();
        if (attempt.unfit() != null) {
            size.oneByOneForGood();
            warnOnce(
                    "{} - a handler {}, so it works one by one from now on. Leave groups out for this consumer, or let"
                            + " the handler do without",
                    consumer,
                    attempt.unfit());
        } else if (!attempt.collided()) {
            size.failed(tasks.size());
        } else if (size.collided(tasks.size())) {
            warnOnce(
                    "{} - groups of messages keep colliding over rows that their handlers share, so it works one by one"
                            + " and tries groups again from time to time. To have groups, let one thread process all"
                            + " messages of one business entity: lane(...) of the consumer's builder",
                    consumer);
        }
        log.debug("{} - a group of {} failed, one by one now", consumer, tasks.size());
        return oneByOne(tasks);
    }

    private void warnOnce(String message, Object... arguments) {
        if (warned.add(message)) {
            log.warn(message, arguments);
        }
    }

    private List<Result> oneByOne(List<Task> tasks) {
        List<Result> results = new ArrayList<>(tasks.size());
        for (Task task : tasks) {
            Result away = away(results);
            results.add(away == null ? attempts.one(task) : attempts.untried(task, away));
        }
        return results;
    }

    /** The last result, if the database was away: each further try would wait for a connection as long as that one has. */
    private static @Nullable Result away(List<Result> results) {
        Result last = results.isEmpty() ? null : results.get(results.size() - 1);
        boolean away = last != null && last.outcome() == Outcome.UNAVAILABLE && last.cause() instanceof DedupException;
        return away ? last : null;
    }
}
