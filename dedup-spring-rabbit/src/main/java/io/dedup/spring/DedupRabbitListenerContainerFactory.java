package io.dedup.spring;

import org.jspecify.annotations.Nullable;
import org.springframework.amqp.rabbit.config.SimpleRabbitListenerContainerFactory;
import org.springframework.amqp.rabbit.listener.RabbitListenerEndpoint;
import org.springframework.amqp.rabbit.listener.SimpleMessageListenerContainer;

/**
 * Spring's {@link SimpleRabbitListenerContainerFactory}, with every option that it has, for containers whose messages take
 * effect exactly once in the database. Advice, converters and customizers stay as they are set. A container holds what fails,
 * or settles as the application's own policy says; see {@link Protection}. The concurrency is the number of threads of the
 * library behind one consumer in a holding container, and the broker hands out the prefetch for each of them. A listener that
 * cannot be protected as it is configured is refused at start.
 *
 * @see ListenerRefusedException
 */
public class DedupRabbitListenerContainerFactory extends SimpleRabbitListenerContainerFactory {

    private final Protection protection;

    /**
     * For listeners that are protected alike, but for what {@link DedupRabbitListener} says.
     *
     * @param protection how
     */
    public DedupRabbitListenerContainerFactory(Protection protection) {
        this.protection = protection;
    }

    @Override
    protected SimpleMessageListenerContainer createContainerInstance() {
        return new ProtectedSimpleContainer();
    }

    @Override
    protected void initializeContainer(
            SimpleMessageListenerContainer container, @Nullable RabbitListenerEndpoint endpoint) {
        super.initializeContainer(container, endpoint);
        ((ProtectedSimpleContainer) container)
                .protect(EndpointConfig.of(protection, endpoint, getApplicationContext()));
    }
}
