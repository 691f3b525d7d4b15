package io.dedup.rabbit.spring;

import static java.util.Objects.requireNonNull;

import java.util.Collection;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.amqp.rabbit.config.RabbitListenerConfigUtils;
import org.springframework.amqp.rabbit.listener.AbstractMessageListenerContainer;
import org.springframework.amqp.rabbit.listener.RabbitListenerContainerFactory;
import org.springframework.amqp.rabbit.listener.RabbitListenerEndpoint;
import org.springframework.amqp.rabbit.listener.RabbitListenerEndpointRegistry;
import org.springframework.beans.factory.config.BeanDefinition;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.beans.factory.support.AbstractBeanDefinition;
import org.springframework.context.ApplicationContext;

/**
 * Spring's registry, which makes the containers of all listeners, those of annotations and those that are registered while
 * the application runs; so this is where none escapes.
 */
final class ProtectedRegistry extends RabbitListenerEndpointRegistry {

    private static final String NAME = RabbitListenerConfigUtils.RABBIT_LISTENER_ENDPOINT_REGISTRY_BEAN_NAME;

    private @Nullable ProtectAllListeners protection;

    /** Takes the place of Spring's own, and of nobody else's. */
    static void replaceIn(ConfigurableListableBeanFactory beans) {
        if (beans.containsBeanDefinition(NAME)) {
            BeanDefinition registry = beans.getBeanDefinition(NAME);
            if (RabbitListenerEndpointRegistry.class.getName().equals(registry.getBeanClassName())
                    && registry instanceof AbstractBeanDefinition replaceable
                    && replaceable.getInstanceSupplier() == null) {
                replaceable.setBeanClass(ProtectedRegistry.class);
            }
        }
    }

    @Override
    public void setApplicationContext(ApplicationContext applicationContext) {
        super.setApplicationContext(applicationContext);
        protection = applicationContext.getBean(ProtectAllListeners.class);
    }

    /** Not {@code createListenerContainer}: what that returns is another type in each line of spring-rabbit. */
    @Override
    public synchronized void registerListenerContainer(
            RabbitListenerEndpoint endpoint, RabbitListenerContainerFactory<?> factory, boolean startImmediately) {
        ProtectAllListeners all = requireNonNull(protection, "protection");
        all.beforeContainerOf(factory, String.valueOf(endpoint.getId()));
        List<Object> before = List.copyOf(containers());
        super.registerListenerContainer(endpoint, factory, false);
        for (Object container : containers()) {
            if (container instanceof AbstractMessageListenerContainer made && !before.contains(made)) {
                check(all, made);
                if (startImmediately && (all.isRunning() || made.isAutoStartup())) {
                    made.start();
                }
            }
        }
    }

    private Collection<?> containers() {
        return getListenerContainers();
    }

    /** What is refused stays registered, for want of a method that both lines have; without a queue it gets no message. */
    private static void check(ProtectAllListeners all, AbstractMessageListenerContainer container) {
        try {
            all.afterContainer(container);
        } catch (RuntimeException e) {
            container.setAutoStartup(false);
            container.removeQueueNames(container.getQueueNames());
            throw e;
        }
    }
}
