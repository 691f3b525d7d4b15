package io.dedup.spring.boot;

import io.dedup.ConsumerState;
import io.dedup.ConsumerState.Phase;
import io.dedup.Deduplicator;
import io.dedup.MessageConsumer;
import io.dedup.spring.boot.compat.HealthCheck;
import java.util.Collection;
import java.util.Map;
import java.util.TreeMap;
import org.springframework.amqp.rabbit.listener.AbstractMessageListenerContainer;
import org.springframework.amqp.rabbit.listener.RabbitListenerEndpointRegistry;
import org.springframework.beans.factory.ObjectProvider;

/**
 * Up while messages can be processed: the database takes a trial claim (which is rolled back), no {@link MessageConsumer}
 * bean is paused or closed, and no listener's container is paused. A container that is stopped is reported, but was
 * stopped by the application.
 */
final class DedupHealthCheck implements HealthCheck {

    private final Deduplicator dedup;
    private final ObjectProvider<Map<String, MessageConsumer>> consumers;
    private final ObjectProvider<RabbitListenerEndpointRegistry> registries;

    DedupHealthCheck(
            Deduplicator dedup,
            ObjectProvider<Map<String, MessageConsumer>> consumers,
            ObjectProvider<RabbitListenerEndpointRegistry> registries) {
        this.dedup = dedup;
        this.consumers = consumers;
        this.registries = registries;
    }

    @Override
    public Report check() {
        dedup.admin().verify();
        Map<String, ConsumerState> states = new TreeMap<>();
        Status status = Status.UP;
        for (var consumer : all().entrySet()) {
            ConsumerState state = consumer.getValue().state();
            states.put(consumer.getKey(), state);
            status = worse(status, statusOf(consumer.getValue(), state.phase()));
        }
        return new Report(status, states);
    }

    /** Beans by their names, containers by their consumers'. */
    private Map<String, MessageConsumer> all() {
        Map<String, MessageConsumer> all = new TreeMap<>(consumers.getIfAvailable(Map::of));
        for (RabbitListenerEndpointRegistry registry : registries) {
            Collection<?> containers =
                    registry.getListenerContainers(); // of another type in each line of spring-rabbit
            for (Object container : containers) {
                if (container instanceof MessageConsumer consumer
                        && all.putIfAbsent(consumer.name(), consumer) != null) {
                    all.put(consumer.name() + " (" + idOf(container) + ")", consumer); // two listeners of one consumer
                }
            }
        }
        return all;
    }

    private static String idOf(Object container) {
        return container instanceof AbstractMessageListenerContainer listener
                ? String.valueOf(listener.getListenerId())
                : container.toString();
    }

    private static Status statusOf(MessageConsumer consumer, Phase phase) {
        return switch (phase) {
            case RUNNING -> Status.UP;
            case PAUSED -> Status.OUT_OF_SERVICE;
            case CLOSED -> consumer instanceof AbstractMessageListenerContainer ? Status.UP : Status.DOWN;
        };
    }

    private static Status worse(Status one, Status other) {
        return one.compareTo(other) < 0 ? other : one;
    }
}
