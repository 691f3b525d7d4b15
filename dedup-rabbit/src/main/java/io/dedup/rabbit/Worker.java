package io.dedup.rabbit;

import com.rabbitmq.client.Connection;
import com.rabbitmq.client.Delivery;
import com.rabbitmq.client.Recoverable;
import com.rabbitmq.client.ShutdownSignalException;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One thread with one channel: takes a delivery, has it processed, settles it. Opens a new channel when one dies. */
final class Worker implements Runnable {

    private static final Logger log = LoggerFactory.getLogger(Worker.class);
    private static final Duration FIRST_PAUSE = Duration.ofMillis(100);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(10);

    private final Connection connection;
    private final Options options;
    private final Intake intake;
    private final DeadLetters deadLetters;
    private final Pauses pauses;
    private final Outage outage;
    private final Consumer<Verdict.Outage> onOutage;
    private final CountDownLatch closing = new CountDownLatch(1);
    private volatile Subscription subscription;
    private volatile @Nullable Instant unsubscribedSince;
    private volatile @Nullable Instant busySince;

    /** Subscribes at once, so that whoever starts it hears what is wrong. */
    Worker(
            Connection connection,
            Options options,
            Intake intake,
            DeadLetters deadLetters,
            Pauses pauses,
            Outage outage,
            Consumer<Verdict.Outage> onOutage)
            throws IOException {
        this.connection = connection;
        this.options = options;
        this.intake = intake;
        this.deadLetters = deadLetters;
        this.pauses = pauses;
        this.outage = outage;
        this.onOutage = onOutage;
        this.subscription = Subscription.open(connection, options);
    }

    @Override
    public void run() {
        try {
            boolean subscribed = true;
            while (subscribed) {
                work(subscription);
                subscription.close();
                unsubscribedSince = Instant.now();
                subscribed = !isClosing() && reopen();
                unsubscribedSince = null;
            }
        } catch (InterruptedException e) {
            log.debug("{} - interrupted by close()", options.consumer());
        } finally {
            subscription.close();
        }
    }

    private void work(Subscription current) throws InterruptedException {
        Settler settler = new Settler(current.channel(), deadLetters, pauses, current::offerAgain, current::end);
        try {
            for (Delivery next = current.take(); next != null; next = current.take()) {
                if (!process(next, current, settler)) {
                    return; // the channel closes, and the broker has the delivery back
                }
            }
        } catch (RuntimeException | Error e) { // the last resort: a worker that dies would go unnoticed
            log.error("{} - a delivery could not be settled; opens a new channel", options.consumer(), e);
        }
    }

    /** Returns false if the delivery is not settled. */
    private boolean process(Delivery delivery, Subscription current, Settler settler) throws InterruptedException {
        busySince = Instant.now();
        Verdict verdict = intake.judge(delivery);
        busySince = null;
        var unused = Thread.interrupted(); // what a handler left of it is not the next message's
        if (!(verdict instanceof Verdict.Outage trouble)) {
            settler.settle(delivery, verdict);
            return true;
        }
        onOutage.accept(trouble);
        if (!current.isNearLimit()) {
            return false;
        }
        outage.awaitEnd(closing); // another return could have the message dropped: it stays here meanwhile
        current.offerAgain(delivery);
        return true;
    }

    /** Tries until there is a channel again; false when there is no hope or no need. */
    private boolean reopen() throws InterruptedException {
        Backoff backoff = new Backoff(FIRST_PAUSE, LONGEST_PAUSE);
        Instant since = Instant.now();
        log.debug("{} - lost its channel, opens a new one", options.consumer());
        while (!closing.await(backoff.next(this).toMillis(), TimeUnit.MILLISECONDS)) {
            outage.awaitEnd(closing);
            try {
                subscription = Subscription.open(connection, options);
                if (isClosing() || outage.isOn()) { // what ends subscriptions may have missed this one
                    subscription.end();
                }
                return true;
            } catch (IOException | RuntimeException e) {
                if (isGoneForGood()) {
                    log.error(
                            "{} - stops: the connection is closed and does not recover by itself; give it a connection"
                                    + " with automatic recovery, or a new consumer",
                            options.consumer(),
                            e);
                    return false;
                }
                if (Duration.between(since, Instant.now()).compareTo(LONGEST_PAUSE) > 0) {
                    log.warn(
                            "{} - cannot subscribe to {} since {}: {}",
                            options.consumer(),
                            options.queue(),
                            since,
                            Queues.reasonOf(e));
                }
            }
        }
        return false;
    }

    private boolean isGoneForGood() {
        ShutdownSignalException reason = connection.getCloseReason();
        return reason != null && (!(connection instanceof Recoverable) || reason.isInitiatedByApplication());
    }

    private boolean isClosing() {
        return closing.getCount() == 0;
    }

    /** Null while it has a channel. */
    @Nullable Instant unsubscribedSince() {
        return unsubscribedSince;
    }

    /** Null while no handler runs. */
    @Nullable Instant busySince() {
        return busySince;
    }

    /** What is in work is finished; what waits goes back to the queue, and nothing new comes until the outage is over. */
    void pause() {
        if (!subscription.isNearLimit()) {
            subscription.end();
        }
    }

    /** Takes nothing new; what is in work is finished and settled. */
    void stop() {
        closing.countDown();
        subscription.end();
    }

    /** For one that was never run. */
    void close() {
        subscription.close();
    }
}
