package io.dedup.amqp;

import io.dedup.spi.DeliveryProcessor;
import io.dedup.spi.Disposition;
import io.dedup.spi.Disposition.Reason;
import io.dedup.spi.Disposition.RunAgain;
import io.dedup.spi.Engine;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The threads of one consumer, which process what one subscription delivers. A delivery whose attempt failed stays here,
 * unacknowledged, for its pause and is processed again; it is never returned to the queue between attempts, since quorum
 * queues count returns and drop a message at their limit. Others pass it meanwhile. While the database is away nothing new
 * is begun. Nothing is held for longer than 20 minutes: RabbitMQ takes a channel away after 30.
 *
 * @param <D> what is processed for a delivery
 * @see <a href="https://www.rabbitmq.com/docs/consumers#acknowledgement-timeout">RabbitMQ, acknowledgement timeout</a>
 */
public final class DeliveryWorkers<D> {

    /** Told when the database goes away and comes back. */
    public interface OutageListener {

        /** Nothing is begun from now on. */
        default void outageBegan() {}

        /** Processing goes on. */
        default void outageEnded() {}
    }

    /**
     * How the workers are set up.
     *
     * @param consumer the consumer's logical name, for threads and logs
     * @param workers how many
     * @param lanes whether each has a lane of its own, by the deliveries' business entities
     * @param firstPause before the database is probed for the first time
     */
    public record Setting(String consumer, int workers, boolean lanes, Duration firstPause) {}

    private static final Logger log = LoggerFactory.getLogger(DeliveryWorkers.class);

    /** How long a claim should wait for another transaction: a message that is held can be claimed again later. */
    public static final Duration CLAIM_WAIT = Duration.ofMillis(50);

    /** The largest prefetch that AMQP can say. */
    public static final int MOST_PREFETCHED = 65_535;

    private static final Duration AFTER_INTERRUPT = Duration.ofSeconds(1);
    private static final Duration LONGEST_HELD = Duration.ofMinutes(20);
    private static final Duration SLOW = Duration.ofMinutes(25);
    private static final Duration AFTER_DEFECT = Duration.ofSeconds(5);
    private static final Duration LOOK = Duration.ofSeconds(30);

    private final Setting setting;
    private final DeliveryProcessor<HeldDelivery<D>> processor;
    private final ScheduledExecutorService scheduler;
    private final DeliveryQueue<D> queue;
    private final Settlement<D> settlement;
    private final Outage outage;
    private final OutageListener outageListener;
    private final List<Worker> workers = new CopyOnWriteArrayList<>();
    private int numbers;
    private final Set<HeldDelivery<D>> held = ConcurrentHashMap.newKeySet();
    private final Set<HeldDelivery<D>> untilOutageEnds = ConcurrentHashMap.newKeySet();

    /**
     * Starts nothing yet.
     *
     * @param setting how many workers, and how they share the work
     * @param engine the deduplicator
     * @param processor what they do
     * @param contents what is to be known of the deliveries' contents
     * @param deadLetters where dead letters are published
     * @param outageListener told when the database goes away
     */
    public DeliveryWorkers(
            Setting setting,
            Engine engine,
            DeliveryProcessor<HeldDelivery<D>> processor,
            HeldContent<D> contents,
            DeadLetterPublisher deadLetters,
            OutageListener outageListener) {
        this.setting = setting;
        this.processor = processor;
        this.scheduler = engine.scheduler("dedup-" + setting.consumer() + "-pauses");
        this.queue = new DeliveryQueue<>(setting.lanes() ? setting.workers() : 1);
        this.settlement = new Settlement<>(
                contents,
                processor,
                deadLetters,
                scheduler,
                engine.scheduler("dedup-" + setting.consumer() + "-bookkeeping"),
                new Holder());
        this.outageListener = outageListener;
        this.outage = new Outage(setting.consumer(), engine, setting.firstPause(), scheduler, new PausedByOutage());
        for (int i = 0; i < setting.workers(); i++) {
            workers.add(new Worker(setting.lanes() ? i : 0, ++numbers));
        }
    }

    /**
     * The prefetch of the one subscription that all workers share.
     *
     * @param each what each worker may have
     * @param workers how many
     * @return all of it, or as much as AMQP can say
     */
    public static int prefetch(int each, int workers) {
        return (int) Math.min((long) each * workers, MOST_PREFETCHED);
    }

    /** Starts the threads. */
    public void start() {
        workers.forEach(worker -> worker.thread.start());
        lookLater();
    }

    /**
     * Changes the number of workers that share one queue. One that is to end finishes what it is at work on.
     *
     * @param count at least 1
     */
    public synchronized void resize(int count) {
        if (setting.lanes() || queue.isClosed()) {
            return;
        }
        List<Worker> staying = new ArrayList<>(workers);
        staying.removeIf(worker -> worker.dismissed); // those are in the list until they have ended
        for (int i = staying.size(); i < count; i++) {
            Worker worker = new Worker(0, ++numbers);
            workers.add(worker);
            worker.thread.start();
        }
        for (int i = staying.size(); i > Math.max(1, count); i--) {
            staying.get(i - 1).dismissed = true;
        }
        queue.wake();
    }

    /**
     * Takes a delivery that has arrived. Never blocks and never throws.
     *
     * @param delivery the delivery
     */
    public void add(HeldDelivery<D> delivery) {
        held.add(delivery);
        queue.add(delivery);
    }

    /**
     * Takes deliveries that have arrived together and may be processed together. Never blocks and never throws.
     *
     * @param deliveries in their order
     */
    public void addAll(List<HeldDelivery<D>> deliveries) {
        held.addAll(deliveries);
        queue.addAll(deliveries);
    }

    /**
     * Returns what waits here to the queue, because the database is away and another process may have a better way to it.
     *
     * @param keep those that stay
     */
    public void releaseWaiting(Predicate<HeldDelivery<D>> keep) {
        for (HeldDelivery<D> each : held) {
            if (!keep.test(each)) {
                settlement.releaseIfWaiting(each);
            }
        }
    }

    /** Begins nothing more; what is in work is finished and settled. */
    public void stop() {
        queue.close();
    }

    /**
     * Waits for what is in work, after {@link #stop}: until it is settled, dead letters and replies that are being
     * published included.
     *
     * @param limit how long
     * @return whether all workers have ended
     */
    boolean await(Duration limit) {
        long end = System.nanoTime() + limit.toNanos();
        try {
            for (Worker worker : workers) {
                if (worker.thread != Thread.currentThread()) {
                    worker.thread.join(Math.max(1, (end - System.nanoTime()) / 1_000_000)); // 0 would wait for ever
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        boolean ended = !isAlive();
        if (ended && !settlement.awaitPublished(Duration.ofNanos(end - System.nanoTime()))) {
            log.warn(
                    "{} - not all dead letters and replies were confirmed in time; those messages come again",
                    setting.consumer());
        }
        return ended;
    }

    /** Interrupts handlers; what they throw from now on does not count as their failure. */
    void interrupt() {
        processor.closing();
        workers.forEach(worker -> worker.thread.interrupt());
    }

    /**
     * Waits for what is in work, after {@link #stop}, and interrupts what does not end in time.
     *
     * @param limit how long to wait before that
     */
    public void awaitOrInterrupt(Duration limit) {
        if (await(limit)) {
            return;
        }
        interrupt();
        if (!await(AFTER_INTERRUPT)) {
            log.warn(
                    "{} - stopped with handlers still at work after {}; their messages will come again",
                    setting.consumer(),
                    limit);
        }
    }

    /** No pause ends any more. To be called last. */
    public void close() {
        queue.close();
        settlement.close();
        scheduler.shutdownNow();
    }

    /**
     * Whether a worker is still there.
     *
     * @return false once all have ended
     */
    public boolean isAlive() {
        return workers.stream().anyMatch(worker -> worker.thread.isAlive());
    }

    /**
     * Why nothing is processed.
     *
     * @return the reason; null if the database is there as far as is known
     */
    public @Nullable String outage() {
        return outage.reason();
    }

    /**
     * Why dead letters or replies cannot be published at the moment, although messages are processed.
     *
     * @return what the last one failed with; null if it was published, or none had to be
     */
    public @Nullable String publishFailure() {
        return settlement.publishFailure();
    }

    /**
     * When the database went away, or came back.
     *
     * @return the time at which the present state began
     */
    public Instant outageSince() {
        return outage.since();
    }

    private final class PausedByOutage implements Outage.Listener {

        @Override
        public void began() {
            queue.pause();
            later(Duration.ZERO, outageListener::outageBegan);
        }

        @Override
        public void ended() {
            later(Duration.ZERO, () -> {
                if (outage.reason() != null) { // another one has begun
                    return;
                }
                outageListener.outageEnded();
                List<HeldDelivery<D>> waited = List.copyOf(untilOutageEnds);
                waited.forEach(untilOutageEnds::remove);
                waited.forEach(queue::addFirst);
                queue.resume();
            });
        }
    }

    private final class Holder implements Settlement.Holder<D> {

        @Override
        public void runAgain(HeldDelivery<D> delivery, RunAgain again) {
            if (again.reason() == Reason.UNKNOWN) {
                delivery.afterUnknown();
            }
            boolean isNext = queue.waits(delivery); // or it comes after the one that it waits behind
            if (again.reason() != Reason.OUTAGE) {
                if (isNext) {
                    later(again.pause(), () -> queue.addFirst(delivery));
                }
                return;
            }
            if (isNext) {
                untilOutageEnds.add(delivery); // before the outage, whose end looks for it
            }
            outage.begin(again.cause());
        }

        @Override
        public void settled(HeldDelivery<D> delivery) {
            held.remove(delivery);
            untilOutageEnds.remove(delivery);
            queue.settled(delivery);
        }
    }

    private void later(Duration pause, Runnable step) {
        try {
            var unused = scheduler.schedule(
                    () -> {
                        try {
                            step.run();
                        } catch (RuntimeException | Error e) {
                            log.error("{} - a step after a pause failed", setting.consumer(), e);
                        }
                    },
                    pause.toMillis(),
                    TimeUnit.MILLISECONDS);
        } catch (RejectedExecutionException e) {
            log.debug("closed; nothing is to follow this pause", e);
        }
    }

    private void lookLater() {
        later(LOOK, () -> {
            held.forEach(this::look);
            workers.forEach(Worker::look);
            lookLater();
        });
    }

    private void look(HeldDelivery<D> delivery) {
        if (delivery.isOver()) {
            held.remove(delivery);
            untilOutageEnds.remove(delivery);
            queue.settled(delivery);
        } else if (delivery.heldNanos() > LONGEST_HELD.toNanos() && settlement.releaseIfWaiting(delivery)) {
            log.warn(
                    "{} - a message is returned to its queue after {} minutes; RabbitMQ takes a channel away that holds one"
                            + " for 30",
                    setting.consumer(),
                    LONGEST_HELD.toMinutes());
        }
    }

    /** One thread, on its lane or on the queue that all share. */
    private final class Worker implements Runnable {

        private final int lane;
        private final Thread thread;
        private volatile @Nullable Instant busySince;
        private volatile boolean dismissed;

        Worker(int lane, int number) {
            this.lane = lane;
            this.thread = new Thread(this, "dedup-" + setting.consumer() + "-" + number);
            thread.setDaemon(true);
        }

        /** Ends when the queue is closed or it is dismissed, and by nothing else: nobody would notice a worker's end. */
        @Override
        public void run() {
            while (!queue.isClosed() && !dismissed) {
                try {
                    List<HeldDelivery<D>> next = queue.take(lane, processor.mostAtOnce(), () -> dismissed);
                    if (!next.isEmpty()) {
                        work(next);
                    }
                } catch (InterruptedException e) {
                    if (!queue.isClosed()) {
                        log.warn("{} - a worker was interrupted, and not by close(); goes on", setting.consumer(), e);
                    }
                } catch (RuntimeException | Error e) {
                    log.error("{} - deliveries could not be settled", setting.consumer(), e);
                }
            }
            if (dismissed) {
                workers.remove(this);
            }
        }

        private void work(List<HeldDelivery<D>> deliveries) {
            busySince = Instant.now();
            List<Disposition> dispositions;
            try {
                dispositions = processor.process(deliveries);
            } catch (RuntimeException | Error e) { // against its contract; they must not stay in work for ever
                log.error("{} - deliveries could not be processed", setting.consumer(), e);
                Disposition again = new RunAgain(Reason.UNAVAILABLE, AFTER_DEFECT, e);
                dispositions = Collections.nCopies(deliveries.size(), again);
            } finally {
                busySince = null;
                var unused = Thread.interrupted(); // what a handler left of it is not the next message's
            }
            settlement.settle(deliveries, dispositions);
        }

        void look() {
            Instant since = busySince;
            if (since != null && since.isBefore(Instant.now().minus(SLOW))) {
                log.warn(
                        "{} - a handler has been at work since {}; RabbitMQ takes its channel away after 30 minutes"
                                + " (consumer_timeout). Raise that, or set a timeLimit on the Deduplicator",
                        setting.consumer(),
                        since);
            }
        }
    }
}
