package io.dedup.spring;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.springframework.amqp.core.Declarables;
import org.springframework.amqp.core.Queue;
import org.springframework.context.ApplicationContext;

/** What the application's own declarations say of queues; the broker does not tell over AMQP. */
record QueueBeans(List<Queue> queues) {

    static QueueBeans of(@Nullable ApplicationContext context, String... names) {
        Set<String> wanted = Set.of(names);
        List<Queue> found = new ArrayList<>();
        if (context != null) {
            found.addAll(context.getBeansOfType(Queue.class, false, false).values());
            context.getBeansOfType(Declarables.class, false, false)
                    .values()
                    .forEach(each -> found.addAll(each.getDeclarablesByType(Queue.class)));
        }
        found.removeIf(queue -> !wanted.contains(queue.getActualName()));
        return new QueueBeans(found);
    }

    /** Whose messages are counted as they come back. */
    boolean hasQuorumQueue() {
        return queues.stream()
                .anyMatch(queue -> "quorum".equals(queue.getArguments().get("x-queue-type")));
    }

    /** Whose messages are to be processed in order. */
    boolean hasSingleActiveConsumer() {
        return queues.stream()
                .anyMatch(queue -> Boolean.TRUE.equals(queue.getArguments().get("x-single-active-consumer")));
    }
}
