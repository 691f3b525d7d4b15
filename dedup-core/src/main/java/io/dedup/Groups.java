package io.dedup;

import static java.util.Objects.requireNonNull;

import io.dedup.spi.BatchItem;
import io.dedup.spi.BatchWork;
import io.dedup.spi.GroupProcessor;
import io.dedup.spi.KeyedWork;
import java.sql.Connection;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Groups of one consumer. Thread-safe. */
final class Groups implements GroupProcessor {

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

    @Override
    public int size() {
        return size.current();
    }

    @Override
    public List<Result> attempt(List<KeyedWork> tasks) {
        return inGroups(
                tasks,
                fresh -> fresh.stream()
                        .map(task -> new GroupAttempt.Step(task.work(), List.of(task)))
                        .toList());
    }

    @Override
    public <T> List<Result> attempt(List<BatchItem<T>> messages, BatchWork<T> work) {
        requireNonNull(work, "work");
        List<KeyedWork> tasks = new ArrayList<>(messages.size());
        for (BatchItem<T> message : messages) {
            tasks.add(new KeyedWork(
                    message.key(), message.body(), message.entity(), new Alone<>(work, message.content())));
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
    private static <T> List<T> contentsOf(List<KeyedWork> tasks) {
        List<T> contents = new ArrayList<>(tasks.size());
        for (KeyedWork task : tasks) {
            contents.add(((Alone<T>) task.work()).content());
        }
        return contents;
    }

    private List<Result> inGroups(List<KeyedWork> tasks, GroupAttempt.Plan plan) {
        Progress progress = new Progress(tasks);
        while (!progress.isOver()) {
            List<KeyedWork> next = progress.next(size.current());
            if (next.size() == 1) {
                progress.add(alone(next.get(0)));
            } else if (!next.isEmpty()) {
                inOneGroup(next, plan).forEach(progress::add);
            }
        }
        return progress.results();
    }

    /**
     * Goes through the messages in their order. Passes those that need not be tried: all, once the database is away, since
     * each try would wait for a connection as long as the last one has; and those whose entity waits for an earlier one.
     */
    private final class Progress {

        private final List<KeyedWork> tasks;
        private final List<Result> results;
        private final Set<Object> waiting = new HashSet<>();
        private @Nullable Result away;

        Progress(List<KeyedWork> tasks) {
            this.tasks = tasks;
            this.results = new ArrayList<>(tasks.size());
        }

        boolean isOver() {
            return results.size() == tasks.size();
        }

        List<Result> results() {
            return results;
        }

        /** Up to so many that are to be tried; none if there is none left. */
        List<KeyedWork> next(int most) {
            while (!isOver() && isPassed(tasks.get(results.size()))) {
                KeyedWork passed = tasks.get(results.size());
                results.add(
                        away != null ? attempts.untried(passed, away) : attempts.untried(passed, Outcome.BUSY, null));
            }
            int from = results.size();
            int to = from;
            while (to < tasks.size() && to - from < most && !isPassed(tasks.get(to))) {
                to++;
            }
            return tasks.subList(from, to);
        }

        private boolean isPassed(KeyedWork task) {
            return away != null || (task.entity() != null && waiting.contains(task.entity()));
        }

        void add(Result result) {
            KeyedWork task = tasks.get(results.size());
            results.add(result);
            if (result.outcome() == Outcome.UNAVAILABLE
                    && result.cause() instanceof DedupException e
                    && e.outcome() == Outcome.UNAVAILABLE) {
                away = result;
            }
            if (task.entity() != null && !result.outcome().isDone()) {
                waiting.add(task.entity());
            }
        }
    }

    private Result alone(KeyedWork task) {
        Result result = attempts.one(task);
        if (result.outcome().isDone()) {
            size.good(1);
        }
        return result;
    }

    private List<Result> inOneGroup(List<KeyedWork> tasks, GroupAttempt.Plan plan) {
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

    private List<Result> oneByOne(List<KeyedWork> tasks) {
        Progress progress = new Progress(tasks);
        while (!progress.isOver()) {
            progress.next(1).forEach(task -> progress.add(attempts.one(task)));
        }
        return progress.results();
    }
}
