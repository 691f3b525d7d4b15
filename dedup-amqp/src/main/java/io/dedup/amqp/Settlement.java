package io.dedup.amqp;

import io.dedup.Reply;
import io.dedup.spi.Causes;
import io.dedup.spi.DeliveryProcessor;
import io.dedup.spi.Disposition;
import io.dedup.spi.Disposition.Accept;
import io.dedup.spi.Disposition.DeadLetter;
import io.dedup.spi.Disposition.RunAgain;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Does with deliveries what their {@link Disposition} says. Never blocks, never throws. Thread-safe. */
final class Settlement<D> {

    private static final Logger log = LoggerFactory.getLogger(Settlement.class);

    private static final Duration AFTER_FAILED_PUBLISH = Duration.ofSeconds(5);
    private static final Duration LAST_BOOKKEEPING = Duration.ofSeconds(2);

    /** What becomes of deliveries is told to whoever holds them. */
    interface Holder<D> {

        /** It stays unacknowledged, for now. */
        void runAgain(HeldDelivery<D> held, RunAgain again);

        /** It is settled; so told once. */
        void settled(HeldDelivery<D> held);
    }

    private final HeldContent<D> contents;
    private final DeliveryProcessor<HeldDelivery<D>> processor;
    private final DeadLetterPublisher deadLetters;
    private final ScheduledExecutorService scheduler;
    private final ExecutorService bookkeeping;
    private final Holder<D> holder;
    private final Map<HeldDelivery<D>, CompletableFuture<Void>> publishing = new ConcurrentHashMap<>();
    private volatile @Nullable String publishFailure;

    /** {@code bookkeeping} is a thread of its own, for what waits for the database. */
    Settlement(
            HeldContent<D> contents,
            DeliveryProcessor<HeldDelivery<D>> processor,
            DeadLetterPublisher deadLetters,
            ScheduledExecutorService scheduler,
            ExecutorService bookkeeping,
            Holder<D> holder) {
        this.contents = contents;
        this.processor = processor;
        this.deadLetters = deadLetters;
        this.scheduler = scheduler;
        this.bookkeeping = bookkeeping;
        this.holder = holder;
    }

    void settle(List<HeldDelivery<D>> deliveries, List<Disposition> dispositions) {
        Map<AckChannel, List<HeldDelivery<D>>> accepted = new LinkedHashMap<>();
        Map<HeldDelivery<D>, Disposition> others = new LinkedHashMap<>();
        for (int i = 0; i < deliveries.size(); i++) {
            HeldDelivery<D> held = deliveries.get(i);
            Disposition disposition = dispositions.get(i);
            if (disposition instanceof Accept accept && accept.reply() == null) {
                accepted.computeIfAbsent(held.channel(), channel -> new ArrayList<>())
                        .add(held);
            } else {
                others.put(held, disposition);
            }
        }
        accepted.forEach((channel, all) -> {
            boolean success = channel.ack(all.stream().map(HeldDelivery::tag).toList());
            all.forEach(held -> acknowledged(held, success));
            all.forEach(this::settled);
        });
        others.forEach(this::settle);
    }

    private void settle(HeldDelivery<D> held, Disposition disposition) {
        if (disposition instanceof Accept accept) {
            reply(held, accept);
        } else if (disposition instanceof RunAgain again) {
            holder.runAgain(held, again);
        } else if (disposition instanceof DeadLetter dead) {
            deadLetter(held, dead);
        } else if (disposition instanceof Disposition.Release) {
            release(held);
        }
    }

    private void release(HeldDelivery<D> held) {
        held.channel().release(held.tag());
        settled(held);
    }

    /** Returns whether it was waiting, so that it is released now. */
    boolean releaseIfWaiting(HeldDelivery<D> held) {
        boolean waiting = held.settledIfWaiting();
        if (waiting) {
            held.channel().release(held.tag());
            holder.settled(held);
        }
        return waiting;
    }

    private void acknowledged(HeldDelivery<D> held, boolean success) {
        try {
            contents.acknowledged(held.content(), success);
        } catch (RuntimeException e) { // a user's code
            log.warn("a listener of acknowledgements failed; messages are not affected", e);
        }
    }

    private void settled(HeldDelivery<D> held) {
        if (held.settled()) {
            holder.settled(held);
        }
    }

    private void reply(HeldDelivery<D> held, Accept accept) {
        Reply reply = accept.reply();
        CompletableFuture<Void> sent =
                reply == null ? CompletableFuture.completedFuture(null) : contents.reply(held.content(), reply);
        whenPublished(held, sent, failure -> {
            if (failure == null) {
                acknowledged(held, held.channel().ack(held.tag()));
                settled(held);
            } else {
                log.warn(
                        "a reply could not be published; its request stays unacknowledged, and the reply is tried again"
                                + " in {} s: {}",
                        AFTER_FAILED_PUBLISH.toSeconds(),
                        failure.toString());
                later(held, () -> reply(held, accept));
            }
        });
    }

    private void deadLetter(HeldDelivery<D> held, DeadLetter dead) {
        String queue = contents.deadLetterQueue(held.content());
        if (queue.isEmpty()) {
            held.channel().reject(held.tag());
            deadLettered(held, dead);
            return;
        }
        String consumer = contents.consumerOf(held.content());
        CompletableFuture<Void> sent = CompletableFuture.allOf(contents.deadLetters(held.content(), dead).stream()
                .map(copy -> deadLetters.publish(queue, copy.delivery(), consumer, copy.reason()))
                .toArray(CompletableFuture[]::new));
        whenPublished(held, sent, failure -> {
            if (failure == null) {
                acknowledged(held, held.channel().ack(held.tag()));
                deadLettered(held, dead);
            } else {
                log.warn(
                        "a message could not be published to {}; it stays unacknowledged, and that is tried again in {} s:"
                                + " {}",
                        queue,
                        AFTER_FAILED_PUBLISH.toSeconds(),
                        failure.toString());
                later(held, () -> deadLetter(held, dead));
            }
        });
    }

    private void whenPublished(
            HeldDelivery<D> held, CompletableFuture<Void> published, Consumer<@Nullable Throwable> step) {
        CompletableFuture<Void> followed = published.whenComplete((done, failure) -> {
            publishFailure = failure == null ? null : Causes.text(failure);
            step.accept(failure);
        });
        publishing.put(held, followed); // before the next line, which takes it out again
        var unused = followed.whenComplete((done, failure) -> publishing.remove(held));
    }

    /** Why the last dead letter or reply could not be published; null if it could. */
    @Nullable String publishFailure() {
        return publishFailure;
    }

    /** Waits until what is being published at the moment is settled, or has failed. Returns whether it came to that. */
    boolean awaitPublished(Duration limit) {
        try {
            CompletableFuture.allOf(publishing.values().toArray(CompletableFuture[]::new))
                    .exceptionally(failure -> null)
                    .get(Math.max(1, limit.toMillis()), TimeUnit.MILLISECONDS);
            return true;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        } catch (ExecutionException | TimeoutException e) {
            log.debug("not everything that is being published is confirmed yet", e);
            return false;
        }
    }

    private void deadLettered(HeldDelivery<D> held, DeadLetter dead) {
        settled(held);
        log.warn(
                "{} - dead-lettered: {}",
                dead.key() == null ? contents.consumerOf(held.content()) : dead.key(),
                dead.reason(),
                dead.cause() == null ? null : Causes.printable(dead.cause()));
        try {
            bookkeeping.execute(() -> processor.deadLettered(held, dead)); // the caller's thread may be a connection's
        } catch (RejectedExecutionException e) {
            log.debug("closed; the count of its failures stays until the purge", e);
        }
    }

    /** Ends the bookkeeping of what is settled; it takes moments, unless the database is away. */
    void close() {
        bookkeeping.shutdown();
        try {
            if (!bookkeeping.awaitTermination(LAST_BOOKKEEPING.toMillis(), TimeUnit.MILLISECONDS)) {
                bookkeeping.shutdownNow();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /**
     * It is processed already: only its settlement is tried again, while its channel lives. Meanwhile it may be returned, as
     * any that waits.
     */
    private void later(HeldDelivery<D> held, Runnable step) {
        held.waits();
        try {
            var unused = scheduler.schedule(
                    () -> {
                        if (held.begin()) {
                            step.run();
                        }
                    },
                    AFTER_FAILED_PUBLISH.toMillis(),
                    TimeUnit.MILLISECONDS);
        } catch (RejectedExecutionException e) {
            log.debug("closed; the delivery will come again", e);
        }
    }
}
