package io.dedup.spring;

import io.dedup.spi.DeliveryProcessor;
import io.dedup.spi.Disposition;
import io.dedup.spi.Disposition.Accept;
import io.dedup.spi.Disposition.DeadLetter;
import io.dedup.spi.Disposition.Reason;
import io.dedup.spi.Disposition.RunAgain;
import io.dedup.spi.Engine;
import io.dedup.spi.MessagePolicy;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.amqp.core.Message;

/**
 * Inside a settling container's own advice: has messages processed, and waits with those that cannot be processed now. Only
 * what the handler threw is thrown on, so that the container's retries and error handlers see failures and nothing else.
 * Thread-safe.
 */
final class SettlingProcessor {

    private static final Logger log = LoggerFactory.getLogger(SettlingProcessor.class);

    /** At most so many of a list in one transaction. */
    private static final int MOST_IN_LIST = 65_535;

    /** For single messages, and for lists. */
    record Processors(DeliveryProcessor<Part> single, DeliveryProcessor<Part> lists) {

        Processors(Engine engine, MessagePolicy policy, SpringDeliveryType type, ListenerHandler handler) {
            this(
                    engine.processor(policy, type, 1, handler),
                    engine.batchProcessor(policy, type, MOST_IN_LIST, handler));
        }
    }

    private final Processors processors;
    private final SettlingDeadLetters deadLetters;
    private final BooleanSupplier active;
    private final ThreadLocal<PartCounter> counter = ThreadLocal.withInitial(PartCounter::new);

    /** {@code active} is false once the container stops. */
    SettlingProcessor(Processors processors, SettlingDeadLetters deadLetters, BooleanSupplier active) {
        this.processors = processors;
        this.deadLetters = deadLetters;
        this.active = active;
    }

    /** One message, or a list for a listener that takes lists. */
    void handOn(DeliveryScope scope, Object data, ListenerCall listener) {
        List<Part> parts = new ArrayList<>();
        for (Message message : SettlingInterceptor.messagesOf(data)) {
            scope.forget(message);
            parts.add(part(scope, message, listener));
        }
        new Rounds(scope, data instanceof List ? processors.lists() : processors.single()).run(parts);
    }

    Part part(DeliveryScope scope, Message message, ListenerCall listener) {
        int number = scope.numberOf(message, counter.get());
        return new Part(message, 0, number, scope.channel(), listener, null, null, false);
    }

    /** Until it is known what became of each message, or it is no use to wait. */
    private final class Rounds {

        private final DeliveryScope scope;
        private final DeliveryProcessor<Part> processor;
        private final BlockingRetry retry;
        private final List<RuntimeException> thrown = new ArrayList<>();

        Rounds(DeliveryScope scope, DeliveryProcessor<Part> processor) {
            this.scope = scope;
            this.processor = processor;
            this.retry = new BlockingRetry(active, scope.channel());
        }

        void run(List<Part> parts) {
            List<Part> open = parts;
            while (!open.isEmpty()) {
                open = next(open);
            }
            if (!thrown.isEmpty()) {
                RuntimeException first = thrown.get(0);
                thrown.stream().skip(1).filter(e -> e != first).forEach(first::addSuppressed);
                throw first;
            }
        }

        /** Returns those that are to be tried again. */
        private List<Part> next(List<Part> open) {
            List<Disposition> dispositions = processor.process(open);
            List<Part> again = new ArrayList<>();
            Duration pause = Duration.ZERO;
            for (int i = 0; i < open.size(); i++) {
                Part part = open.get(i);
                Disposition disposition = dispositions.get(i);
                if (disposition instanceof RunAgain later && later.reason() != Reason.FAILED) {
                    again.add(part);
                    pause = pause.compareTo(later.pause()) < 0 ? later.pause() : pause;
                    scope.judge(part.message(), later);
                } else {
                    settle(part, disposition);
                }
            }
            return again.isEmpty() || !retry.waits(pause) ? List.of() : again;
        }

        private void settle(Part part, Disposition disposition) {
            if (disposition instanceof Accept accept) {
                accepted(scope, part, accept);
            } else if (disposition instanceof RunAgain failed) {
                thrown.add(failure(part, failed));
                scope.forget(part.message());
            } else if (disposition instanceof DeadLetter dead) {
                scope.judge(part.message(), deadLetters.settle(part, dead, processor, retry));
            } else {
                scope.judge(part.message(), disposition);
            }
        }
    }

    void accepted(DeliveryScope scope, Part part, Accept accept) {
        if (accept.reply() != null) {
            try {
                scope.send(part.message(), part.replyOf(accept.reply()));
            } catch (UncheckedIOException e) {
                log.warn("a request is acknowledged without its stored reply, which nobody can read any more", e);
            }
        }
        scope.judge(part.message(), accept);
    }

    private static RuntimeException failure(Part part, RunAgain failed) {
        RuntimeException thrown = part.thrown();
        if (thrown != null) {
            return thrown;
        }
        Throwable cause = failed.cause() == null ? new IllegalStateException("no cause was given") : failed.cause();
        return ListenerFailures.failed("not committed", cause, List.of(part.message()));
    }
}
