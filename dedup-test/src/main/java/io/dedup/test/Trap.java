package io.dedup.test;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * Something that a {@link TcpProxy} does once, at the moment when a client sends a certain text. It is set by choosing one
 * of its actions, which return the trap itself.
 *
 * <p>"The bytes" are those read in one piece together with the end of the text. Where a client sends the text in several
 * packets, the first of them have been forwarded before anything can be known; the text as a whole never has.
 */
public final class Trap {
    /** Most servers answer at once; some messages (AMQP's {@code basic.ack}) have no answer. */
    private static final Duration ANSWER_LIMIT = Duration.ofSeconds(5);

    private final TcpProxy proxy;
    private final String text;
    private final AtomicBoolean taken = new AtomicBoolean();
    private final CountDownLatch sprung = new CountDownLatch(1);
    private volatile @Nullable Action action;

    Trap(TcpProxy proxy, String text) {
        if (text.isEmpty() || text.length() > StreamSearch.LONGEST_TEXT) {
            throw new IllegalArgumentException(
                    "A trap needs 1 to " + StreamSearch.LONGEST_TEXT + " bytes to look for, not " + text.length());
        }
        this.proxy = proxy;
        this.text = text;
    }

    /**
     * The connection is cut and the bytes never reach the server.
     *
     * @return this trap, set
     */
    public Trap cutBefore() {
        return set((link, forward) -> {
            link.cut();
            sprung.countDown();
        });
    }

    /**
     * The bytes are forwarded, the server's answer is awaited (5 seconds at most, as not every message has one) but kept
     * from the client, then the connection is cut.
     *
     * @return this trap, set
     */
    public Trap cutAfter() {
        return set((link, forward) -> {
            link.swallowAnswer();
            forward.run();
            link.awaitSwallowed(ANSWER_LIMIT);
            link.cut();
            sprung.countDown();
        });
    }

    /**
     * The whole proxy stalls with the bytes held back, as by {@link TcpProxy#stall()}, until {@link TcpProxy#resume()}.
     *
     * @return this trap, set
     */
    public Trap stallBefore() {
        return set((link, forward) -> {
            proxy.stall();
            sprung.countDown();
            forward.run();
        });
    }

    /**
     * The task runs while the bytes are held back; then they are forwarded.
     *
     * @param task may take its time, and may use the proxy
     * @return this trap, set
     */
    public Trap run(Runnable task) {
        requireNonNull(task, "task");
        return set((link, forward) -> {
            task.run();
            sprung.countDown();
            forward.run();
        });
    }

    /**
     * Whether it has happened.
     *
     * @return true once the connection is cut, the proxy stalled or the task done
     */
    public boolean sprung() {
        return sprung.getCount() == 0;
    }

    /**
     * Waits until it has happened.
     *
     * @param limit how long at most
     * @throws AssertionError when it has not happened by then
     * @throws InterruptedException when the waiting thread is interrupted
     */
    public void awaitSprung(Duration limit) throws InterruptedException {
        if (!sprung.await(limit.toMillis(), TimeUnit.MILLISECONDS)) {
            throw new AssertionError("No client sent \"" + text + "\" through the proxy within " + limit
                    + ". A driver that has prepared a statement no longer sends its text.");
        }
    }

    String text() {
        return text;
    }

    /** True for the one connection that springs it. */
    boolean take() {
        return taken.compareAndSet(false, true);
    }

    void spring(ProxyLink link, Forward forward) throws IOException {
        proxy.traps().remove(this);
        try {
            requireNonNull(action, "set").spring(link, forward);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            link.cut();
        }
    }

    private Trap set(Action chosen) {
        if (action != null) {
            throw new IllegalStateException("This trap is set already; ask the proxy for another.");
        }
        action = chosen;
        proxy.traps().add(this);
        return this;
    }

    /** What a trap does, on the thread that forwards the client's bytes. */
    private interface Action {
        void spring(ProxyLink link, Forward forward) throws IOException, InterruptedException;
    }

    /** Lets the held bytes go on to the server. */
    interface Forward {
        void run() throws IOException;
    }
}
