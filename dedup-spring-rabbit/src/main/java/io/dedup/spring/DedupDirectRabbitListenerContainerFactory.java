package io.dedup.spring;

import org.jspecify.annotations.Nullable;
import org.springframework.amqp.rabbit.config.DirectRabbitListenerContainerFactory;
import org.springframework.amqp.rabbit.listener.DirectMessageListenerContainer;
import org.springframework.amqp.rabbit.listener.RabbitListenerEndpoint;

/**
 * {@link DedupRabbitListenerContainerFactory} for direct containers, with every option that
 * {@link DirectRabbitListenerContainerFactory} has.
 */
public class DedupDirectRabbitListenerContainerFactory extends DirectRabbitListenerContainerFactory {

    private final Protection protection;

    /**
     * For listeners that are protected alike, but for what {@link DedupRabbitListener} says.
     *
     * @param protection how
     */
    public DedupDirectRabbitListenerContainerFactory(Protection protection) {
        this.protection = protection;
    }

    @Override
    protected DirectMessageListenerContainer createContainerInstance() {
        return new ProtectedDirectContainer();
    }

    @Override
    protected void initializeContainer(
            DirectMessageListenerContainer container, @Nullable RabbitListenerEndpoint endpoint) {
        super.initializeContainer(container, endpoint);
        ((ProtectedDirectContainer) container)
                .protect(EndpointConfig.of(protection, endpoint, getApplicationContext()));
    }
}
