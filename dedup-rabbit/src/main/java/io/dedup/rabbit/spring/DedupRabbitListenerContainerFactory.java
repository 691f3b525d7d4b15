package io.dedup.rabbit.spring;

import org.jspecify.annotations.Nullable;
import org.springframework.amqp.rabbit.config.SimpleRabbitListenerContainerFactory;
import org.springframework.amqp.rabbit.listener.RabbitListenerEndpoint;
import org.springframework.amqp.rabbit.listener.SimpleMessageListenerContainer;

/**
 * Spring's {@link SimpleRabbitListenerContainerFactory}, with every option that it has, for containers whose messages take
 * effect exactly once in the database. Advice, converters, customizers and error handlers stay as they are set; the
 * protection goes inside the last advice. A listener that cannot be protected as it is configured is refused at start.
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
        ((ProtectedSimpleContainer) container).protect(EndpointTerms.of(protection, endpoint, getApplicationContext()));
    }
}
