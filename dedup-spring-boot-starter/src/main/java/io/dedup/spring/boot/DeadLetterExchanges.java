package io.dedup.spring.boot;

import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.springframework.amqp.core.Declarables;
import org.springframework.amqp.core.Queue;
import org.springframework.beans.factory.ObjectProvider;

/** The queues of which the context knows that the broker dead-letters what is rejected; AMQP itself cannot be asked. */
record DeadLetterExchanges(ObjectProvider<Queue> queues, ObjectProvider<Declarables> declarables)
        implements Predicate<String> {

    @Override
    public boolean test(String queue) {
        return names().contains(queue);
    }

    private Set<String> names() {
        return Stream.concat(
                        queues.stream(),
                        declarables.stream().flatMap(several -> several.getDeclarablesByType(Queue.class).stream()))
                .filter(queue -> queue.getArguments().containsKey("x-dead-letter-exchange"))
                .map(Queue::getActualName)
                .collect(Collectors.toSet());
    }
}
