package io.dedup.spring;

import io.dedup.amqp.DeadLetterPublisher;
import io.dedup.spi.Backoff;
import io.dedup.spi.DeliveryProcessor;
import io.dedup.spi.Disposition;
import io.dedup.spi.Disposition.DeadLetter;
import io.dedup.spi.Disposition.Reason;
import io.dedup.spi.Disposition.RunAgain;
import java.time.Duration;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.amqp.rabbit.retry.MessageRecoverer;

/** Dead-letters messages of settling containers, on the thread that has processed them. Thread-safe. */
final class SettlingDeadLetters {

    private static final Logger log = LoggerFactory.getLogger(SettlingDeadLetters.class);
    private static final Backoff PAUSES = new Backoff(Duration.ofMillis(100), Duration.ofSeconds(5));

    private final ListenerConfig config;
    private final SpringDeliveryType type;
    private final @Nullable DeadLetterPublisher publisher;

    SettlingDeadLetters(ListenerConfig config, SpringDeliveryType type, @Nullable DeadLetterPublisher publisher) {
        this.config = config;
        this.type = type;
        this.publisher = publisher;
    }

    /** Returns what is left to do with the delivery. */
    Disposition settle(Part part, DeadLetter dead, DeliveryProcessor<Part> processor, BlockingRetry retry) {
        if (dead.cause() instanceof SettlingJudge.HandlerRejected) {
            return dead;
        }
        log.warn("{} - dead-lettered: {}", dead.key() == null ? type.consumer(part) : dead.key(), dead.reason());
        for (int tries = 1; ; tries++) {
            try {
                boolean isSafe = isPutAway(part, dead);
                processor.deadLettered(part, dead);
                return isSafe ? new Disposition.Accept(null) : dead;
            } catch (RuntimeException e) {
                Duration pause = PAUSES.after(tries);
                log.warn("a message could not be dead-lettered; that is tried again", e);
                if (!retry.waits(pause)) {
                    return new RunAgain(Reason.UNAVAILABLE, pause, e);
                }
            }
        }
    }

    /** False if the broker is to dead-letter it. */
    private boolean isPutAway(Part part, DeadLetter dead) {
        MessageRecoverer recoverer = config.recoverer();
        if (recoverer != null) {
            return isRecovered(recoverer, part, dead);
        }
        String queue = config.deadLetterQueueOf(part.queue());
        if (queue.isEmpty() || publisher == null) {
            return false;
        }
        try {
            publisher
                    .publish(queue, SpringMessages.delivery(part.message()), type.consumer(part), dead)
                    .join();
            return true;
        } catch (CompletionException e) {
            throw new IllegalStateException("it could not be published to " + queue, e.getCause());
        }
    }

    private static boolean isRecovered(MessageRecoverer recoverer, Part part, DeadLetter dead) {
        try {
            Throwable thrown = part.thrown();
            Throwable cause = thrown != null && dead.cause() != null ? thrown : dead.cause();
            recoverer.recover(part.message(), cause == null ? new IllegalStateException(dead.reason()) : cause);
            return true;
        } catch (RuntimeException e) {
            if (ListenerFailures.asksForReject(e)) {
                return false;
            }
            throw e;
        }
    }
}
