package io.dedup.rabbit;

import com.rabbitmq.client.Connection;
import com.rabbitmq.client.Recoverable;
import com.rabbitmq.client.ShutdownSignalException;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A subscription that lasts: when its channel dies, or has to be given up, there is a new one. Its workers, one for each
 * lane, leave the old one when they have finished what they are at; the last of them closes it. One that does not finish
 * soon is not waited for: what it does then is recognised, or done again, by its own lane.
 */
final class Line {

    private static final Logger log = LoggerFactory.getLogger(Line.class);
    private static final Duration FIRST_PAUSE = Duration.ofMillis(100);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(10);
    private static final Duration LONGEST_WAIT_FOR_OTHERS = Duration.ofSeconds(5);
    private static final long LOOK_MILLIS = 50;

    private final Connection connection;
    private final Options options;
    private final Lanes lanes;
    private final Outage outage;
    private final CountDownLatch closing = new CountDownLatch(1);
    private volatile Subscription current;
    private volatile @Nullable Instant unsubscribedSince;
    private boolean over;
    private final Set<Integer> left = new HashSet<>(); // lanes whose workers have left the current one

    /** Subscribes at once, so that whoever starts it hears what is wrong. */
    Line(Connection connection, Options options, Lanes lanes, Outage outage) throws IOException {
        this.connection = connection;
        this.options = options;
        this.lanes = lanes;
        this.outage = outage;
        this.current = Subscription.open(connection, options, lanes);
    }

    Subscription first() {
        return current;
    }

    /** The subscription after the one that the worker of a lane has left; null when there is to be none. */
    synchronized @Nullable Subscription after(Subscription last, int lane) throws InterruptedException {
        if (last == current) {
            left.add(lane);
        }
        long since = System.nanoTime();
        while (last == current && !isOver() && othersMaySettleOn(last, since)) {
            wait(LOOK_MILLIS);
        }
        boolean closes = !isClosing() || left.size() == lanes.count(); // a close() waits for what is in work
        if (last == current && !over && closes) {
            replace(last);
        }
        return isOver() ? null : current;
    }

    /** What they settle once it is closed comes again to their lanes; for one that hangs, the others do not wait longer. */
    private boolean othersMaySettleOn(Subscription last, long since) {
        return left.size() < lanes.count()
                && !last.isDead()
                && System.nanoTime() - since < LONGEST_WAIT_FOR_OTHERS.toNanos();
    }

    private void replace(Subscription last) throws InterruptedException {
        last.close();
        unsubscribedSince = Instant.now();
        try {
            over = isClosing() || !reopen();
        } finally {
            notifyAll();
        }
        unsubscribedSince = null;
    }

    /** Tries until there is a channel again; false when there is no hope or no need. */
    private boolean reopen() throws InterruptedException {
        Backoff backoff = new Backoff(FIRST_PAUSE, LONGEST_PAUSE);
        Instant since = Instant.now();
        log.debug("{} - lost its channel, opens a new one", options.consumer());
        while (!closing.await(backoff.next(this).toMillis(), TimeUnit.MILLISECONDS)) {
            outage.awaitEnd(closing);
            try {
                current = Subscription.open(connection, options, lanes);
                left.clear();
                if (isClosing() || outage.isOn()) { // what ends subscriptions may have missed this one
                    current.end();
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
                warnIfLong(since, e);
            }
        }
        return false;
    }

    private void warnIfLong(Instant since, Exception e) {
        if (Duration.between(since, Instant.now()).compareTo(LONGEST_PAUSE) > 0) {
            log.warn(
                    "{} - cannot subscribe to {} since {}: {}",
                    options.consumer(),
                    options.queue(),
                    since,
                    Queues.reasonOf(e));
        }
    }

    private boolean isGoneForGood() {
        ShutdownSignalException reason = connection.getCloseReason();
        return reason != null && (!(connection instanceof Recoverable) || reason.isInitiatedByApplication());
    }

    private boolean isOver() {
        return over || isClosing();
    }

    boolean isClosing() {
        return closing.getCount() == 0;
    }

    /** Null while it has a channel. */
    @Nullable Instant unsubscribedSince() {
        return unsubscribedSince;
    }

    /** What is in work is finished; what waits goes back to the queue, and nothing new comes until the outage is over. */
    void pause() {
        if (!current.isNearLimit()) {
            current.end();
        }
    }

    /** Returns when the database is back, or nobody needs to know any more. */
    void awaitEndOfOutage() throws InterruptedException {
        outage.awaitEnd(closing);
    }

    /** Takes nothing new; what is in work is finished and settled. */
    void stop() {
        closing.countDown();
        current.end();
    }

    /** When all have left it, or it was never used. */
    void close() {
        current.close();
    }
}
