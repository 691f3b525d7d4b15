package io.dedup.spring.boot;

import static java.util.Objects.requireNonNull;

import org.jspecify.annotations.Nullable;
import org.springframework.amqp.rabbit.config.RabbitListenerConfigUtils;
import org.springframework.amqp.rabbit.listener.RabbitListenerContainerFactory;
import org.springframework.amqp.rabbit.listener.RabbitListenerEndpoint;
import org.springframework.amqp.rabbit.listener.RabbitListenerEndpointRegistry;
import org.springframework.beans.factory.config.BeanDefinition;
import org.springframework.beans.factory.config.BeanFactoryPostProcessor;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.beans.factory.support.AbstractBeanDefinition;
import org.springframework.context.ApplicationContext;

/** Spring's registry, which makes the containers of all listeners, at start and later: none of them without protection. */
final class CheckedRegistry extends RabbitListenerEndpointRegistry {

    private @Nullable ListenerCheck check;

    @Override
    public void setApplicationContext(ApplicationContext applicationContext) {
        super.setApplicationContext(applicationContext);
        check = applicationContext.getBean(ListenerCheck.class);
    }

    @Override
    public void registerListenerContainer(
            RabbitListenerEndpoint endpoint, RabbitListenerContainerFactory<?> factory, boolean startImmediately) {
        super.registerListenerContainer(
                endpoint, requireNonNull(check, "check").factoryFor(endpoint, factory), startImmediately);
    }

    /** Takes the place of Spring's own registry, which {@code @EnableRabbit} defines, and of no other. */
    static final class Replacement implements BeanFactoryPostProcessor {

        private static final String NAME = RabbitListenerConfigUtils.RABBIT_LISTENER_ENDPOINT_REGISTRY_BEAN_NAME;

        @Override
        public void postProcessBeanFactory(ConfigurableListableBeanFactory beans) {
            BeanDefinition registry = beans.containsBeanDefinition(NAME) ? beans.getBeanDefinition(NAME) : null;
            if (registry instanceof AbstractBeanDefinition replaceable
                    && RabbitListenerEndpointRegistry.class.getName().equals(registry.getBeanClassName())
                    && replaceable.getInstanceSupplier() == null) {
                replaceable.setBeanClass(CheckedRegistry.class);
            }
        }
    }
}
