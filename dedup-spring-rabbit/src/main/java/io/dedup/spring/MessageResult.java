package io.dedup.spring;

import io.dedup.spi.Disposition;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.springframework.amqp.core.Message;

/**
 * A message that a settling container has handed over, and what is to be done with it: a disposition, unless its handler's
 * failure came out of the advice. There, a {@link Disposition.RunAgain} is returned to its queue, a {@link
 * Disposition.DeadLetter} rejected, and a {@link Disposition.Release} is one that its handler wants back.
 */
record MessageResult(
        Message message,
        @Nullable Disposition disposition,
        @Nullable RuntimeException failure) {

    boolean isBack() {
        return disposition instanceof Disposition.RunAgain;
    }

    boolean isFailed() {
        return disposition == null && failure != null && !ListenerFailures.asksForAck(failure);
    }

    boolean isRejected() {
        return disposition instanceof Disposition.DeadLetter;
    }

    boolean isWantedBack() {
        return disposition instanceof Disposition.Release;
    }

    /** The parts of a batching publisher's message come in one delivery, by whose tag they are told. */
    static <T> Map<Long, List<T>> byDelivery(List<T> all, Function<T, Message> message) {
        return all.stream()
                .collect(Collectors.groupingBy(
                        each -> message.apply(each).getMessageProperties().getDeliveryTag(),
                        LinkedHashMap::new,
                        Collectors.toList()));
    }
}
