package io.dedup.rabbit;

import com.rabbitmq.client.Connection;
import com.rabbitmq.client.Delivery;
import com.rabbitmq.client.Recoverable;
import com.rabbitmq.client.ShutdownSignalException;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
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
    private final CountDownLatch closing = new CountDownLatch(1);
    private volatile Subscription subscription;

    /** Subscribes at once, so that whoever starts it hears what is wrong. */
    Worker(Connection connection, Options options, Intake intake, DeadLetters deadLetters, Pauses pauses)
            throws IOException {
        this.connection = connection;
        this.options = options;
        this.intake = intake;
        this.deadLetters = deadLetters;
        this.pauses = pauses;
        this.subscription = Subscription.open(connection, options);
    }

    @Override
    public void run() {
        try {
            boolean subscribed = true;
            while (subscribed) {
                work(subscription);
                subscription.close();
                subscribed = !isClosing() && reopen();
            }
        } catch (InterruptedException e) {
            log.debug("{} - interrupted, stops", options.consumer());
        } finally {
            subscription.close();
        }
    }

    private void work(Subscription current) throws InterruptedException {
        Settler settler = new Settler(current.channel(), deadLetters, pauses, current::offerAgain);
        for (Delivery next = current.take(); next != null; next = current.take()) {
            settler.settle(next, intake.judge(next));
        }
    }

    /** Tries until there is a channel again; false when there is no hope or no need. */
    private boolean reopen() throws InterruptedException {
        Backoff backoff = new Backoff(FIRST_PAUSE, LONGEST_PAUSE);
        log.info("{} - lost its channel, opens a new one", options.consumer());
        while (!closing.await(backoff.next(this).toMillis(), TimeUnit.MILLISECONDS)) {
            try {
                subscription = Subscription.open(connection, options);
                if (isClosing()) { // stop() may have missed it
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
                log.debug("{} - cannot subscribe to {} yet", options.consumer(), options.queue(), e);
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
