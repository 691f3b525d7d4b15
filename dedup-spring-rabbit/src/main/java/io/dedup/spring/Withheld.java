package io.dedup.spring;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.amqp.core.MessagePostProcessor;
import org.springframework.amqp.rabbit.batch.BatchingStrategy;
import org.springframework.amqp.support.postprocessor.MessagePostProcessorUtils;

/**
 * What a holding container is not to do itself: there, what a post processor throws restarts the consumer or leaves the
 * message unacknowledged for ever, and the parts of a batch are run with one delivery tag. Thread-safe.
 */
final class Withheld {

    private volatile List<MessagePostProcessor> postProcessors = List.of();
    private volatile boolean deBatching;

    void deBatching(boolean enabled) {
        deBatching = enabled;
    }

    void postProcessors(@Nullable Collection<MessagePostProcessor> all) {
        postProcessors = all == null ? List.of() : sorted(all);
    }

    void postProcessors(MessagePostProcessor... all) {
        postProcessors = sorted(Arrays.asList(all));
    }

    synchronized void add(MessagePostProcessor... more) {
        List<MessagePostProcessor> all = new ArrayList<>(postProcessors);
        all.addAll(Arrays.asList(more));
        postProcessors = sorted(all);
    }

    synchronized boolean remove(MessagePostProcessor one) {
        List<MessagePostProcessor> rest = new ArrayList<>(postProcessors);
        boolean removed = rest.remove(one);
        postProcessors = List.copyOf(rest);
        return removed;
    }

    private static List<MessagePostProcessor> sorted(Collection<MessagePostProcessor> all) {
        return List.copyOf(MessagePostProcessorUtils.sort(all));
    }

    MessagePreparation.Settings settings(BatchingStrategy strategy) {
        return new MessagePreparation.Settings(() -> postProcessors, deBatching, strategy);
    }
}
