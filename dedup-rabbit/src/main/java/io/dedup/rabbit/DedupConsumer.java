package io.dedup.rabbit;

import com.rabbitmq.client.Connection;
import io.dedup.Deduplicator;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Consumes a queue so that each message's effects in the database happen exactly once. For every delivery:
 *
 * <ol>
 *   <li>find its ID; without one it goes to the dead-letter queue
 *   <li>{@linkplain Deduplicator#attempt process} it: claim, handler and commit in one transaction
 *   <li>processed now or before: acknowledge; failed: let it come again after a pause, and put it aside after some
 *       attempts; the database is away: pause until it is back
 * </ol>
 *
 * It survives lost channels and connections: a delivery of a dead channel is dropped before work, and one that is in
 * work is recognised when it comes again. The connection is the application's and should recover automatically, which
 * is amqp-client's default. Thread-safe.
 */
public final class DedupConsumer implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(DedupConsumer.class);
    private static final Duration AFTER_INTERRUPT = Duration.ofSeconds(1);
    private static final Duration LOOK = Duration.ofMinutes(1);

    private static final Duration SLOW = Duration.ofMinutes(25);

    private final Options options;
    private final Intake intake;
    private final Outage outage;
    private final Pauses pauses;
    private final List<Line> lines = new ArrayList<>();
    private final List<Worker> workers = new ArrayList<>();
    private final List<Thread> threads = new ArrayList<>();
    private volatile @Nullable Instant closedSince;

    DedupConsumer(Connection connection, Options options, Processor processor) {
        this.options = options;
        this.intake = new Intake(options, processor);
        this.pauses = new Pauses("dedup-" + options.consumer() + "-pauses");
        this.outage = new Outage(options, pauses);
        DeadLetters deadLetters = new DeadLetters(connection, options);
        // Without lanes each worker has a channel of its own; lanes share one.
        Lanes lanes = new Lanes(options.consumer(), options.lane() == null ? 1 : options.concurrency(), options.lane());
        subscribe(connection, lanes);
        for (Line line : lines) {
            for (int lane = 0; lane < lanes.count(); lane++) {
                workers.add(new Worker(
                        options.consumer(),
                        line,
                        lane,
                        intake,
                        current -> new Settler(
                                current.channel(),
                                current.unsettled(),
                                deadLetters,
                                pauses,
                                current::offerAgain,
                                current::end),
                        this::pause));
            }
        }
        start();
    }

    private void subscribe(Connection connection, Lanes lanes) {
        try {
            while (lines.size() * lanes.count() < options.concurrency()) {
                lines.add(new Line(connection, options, lanes, outage));
            }
        } catch (IOException | RuntimeException e) {
            lines.forEach(Line::close);
            throw StartCheck.refusal("cannot consume from queue '" + options.queue() + "': " + Queues.reasonOf(e), e);
        }
    }

    private void start() {
        for (Worker worker : workers) {
            Thread thread = new Thread(worker, "dedup-" + options.consumer() + "-" + (threads.size() + 1));
            thread.setDaemon(true);
            threads.add(thread);
            thread.start();
        }
        new SlowHandlers(options.consumer(), workers, SLOW).watch(pauses, LOOK);
        log.info("{} - consuming from {} with {} workers", options.consumer(), options.queue(), workers.size());
    }

    /**
     * A builder. Defaults: one worker, one message at a time, prefetch 100, IDs from the AMQP property {@code
     * message-id}.
     *
     * @param connection the broker, with automatic recovery on; stays the application's to close
     * @param dedup the database
     * @param queue the queue to consume; must exist
     * @return the builder
     */
    public static DedupConsumerBuilder builder(Connection connection, Deduplicator dedup, String queue) {
        return new DedupConsumerBuilder(connection, dedup, queue);
    }

    /**
     * How it fares: running, paused while the database or the broker is away, or closed.
     *
     * @return the state at this moment
     */
    public ConsumerState state() {
        if (!isAlive()) {
            Instant since = closedSince;
            return new ConsumerState(ConsumerState.Phase.CLOSED, null, since == null ? Instant.now() : since);
        }
        ConsumerState state = outage.state();
        if (state.phase() == ConsumerState.Phase.RUNNING) {
            for (Line line : lines) {
                Instant since = line.unsubscribedSince();
                if (since != null) {
                    return new ConsumerState(ConsumerState.Phase.PAUSED, "no channel to the broker", since);
                }
            }
        }
        return state;
    }

    /**
     * How many messages without an ID were processed without protection; see {@link MissingId#PROCESS_UNPROTECTED}.
     *
     * @return the number since the start
     */
    public long unprotected() {
        return intake.identity().unprotected();
    }

    /** Closes with a limit of 30 seconds; see {@link #close(Duration)}. */
    @Override
    public void close() {
        close(Duration.ofSeconds(30));
    }

    /**
     * Takes nothing new, waits until what is in work is committed and acknowledged, and closes its channels; the broker
     * gives everything else to other consumers. What is still in work at the limit is interrupted. Whatever happens to
     * it then, its message comes again and is processed or recognised.
     *
     * @param limit how long to wait
     */
    public void close(Duration limit) {
        lines.forEach(Line::stop);
        if (!join(limit)) {
            intake.closing();
            threads.forEach(Thread::interrupt);
            if (!join(AFTER_INTERRUPT)) {
                log.warn(
                        "{} - closed with handlers still at work after {}; their messages will come again",
                        options.consumer(),
                        limit);
            }
        }
        lines.forEach(Line::close);
        closedSince = closedSince == null ? Instant.now() : closedSince;
        pauses.close();
    }

    private void pause(Verdict.Outage trouble) {
        if (outage.begin(trouble.cause())) {
            lines.forEach(Line::pause);
        }
    }

    private boolean isAlive() {
        return threads.stream().anyMatch(Thread::isAlive);
    }

    private boolean join(Duration limit) {
        long end = System.nanoTime() + limit.toNanos();
        try {
            for (Thread thread : threads) {
                // 0 would wait for ever.
                thread.join(Math.max(1, (end - System.nanoTime()) / 1_000_000));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return !isAlive();
    }
}
