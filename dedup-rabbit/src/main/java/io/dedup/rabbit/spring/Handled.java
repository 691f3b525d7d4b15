package io.dedup.rabbit.spring;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.springframework.amqp.core.Message;

/** A message that has been handed over, and what came of it: a verdict, unless its handler's failure came out of the advice. */
record Handled(
        Message message,
        @Nullable Verdict verdict,
        @Nullable RuntimeException failure) {

    boolean isBack() {
        return verdict instanceof Verdict.Back;
    }

    boolean isFailed() {
        return verdict == null && failure != null && !ListenerFailures.asksForAck(failure);
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
