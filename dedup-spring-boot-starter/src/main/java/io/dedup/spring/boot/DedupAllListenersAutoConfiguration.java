package io.dedup.spring.boot;

import io.dedup.spring.DedupDirectRabbitListenerContainerFactory;
import io.dedup.spring.DedupRabbitListenerContainerFactory;
import org.springframework.amqp.rabbit.listener.SimpleMessageListenerContainer;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Conditional;

/**
 * Protects all listeners, if {@code dedup.rabbit.all-listeners} is set: the container factory of those that name none is
 * the library's, which Boot leaves in its place, and no container without protection is registered.
 */
@AutoConfiguration(
        beforeName = {
            "org.springframework.boot.amqp.autoconfigure.RabbitAutoConfiguration",
            "org.springframework.boot.autoconfigure.amqp.RabbitAutoConfiguration"
        })
@ConditionalOnClass(SimpleMessageListenerContainer.class)
@Conditional(OnAllListeners.class)
public final class DedupAllListenersAutoConfiguration {

    DedupAllListenersAutoConfiguration() {}

    @Bean(ContainerFactories.DEFAULT)
    @ConditionalOnMissingBean(name = ContainerFactories.DEFAULT)
    @ConditionalOnProperty(name = "spring.rabbitmq.listener.type", havingValue = "simple", matchIfMissing = true)
    DedupRabbitListenerContainerFactory rabbitListenerContainerFactory(ContainerFactories factories) {
        return factories.simple(ContainerFactories.DEFAULT);
    }

    @Bean(ContainerFactories.DEFAULT)
    @ConditionalOnMissingBean(name = ContainerFactories.DEFAULT)
    @ConditionalOnProperty(name = "spring.rabbitmq.listener.type", havingValue = "direct")
    DedupDirectRabbitListenerContainerFactory directRabbitListenerContainerFactory(ContainerFactories factories) {
        return factories.direct(ContainerFactories.DEFAULT);
    }

    @Bean
    ListenerCheck dedupListenerCheck(
            DedupProperties properties, ContainerFactories factories, ConfigurableListableBeanFactory beans) {
        return new ListenerCheck(new UnprotectedListeners(properties.rabbit().unprotected()), factories, beans);
    }

    /** Static, since it runs before beans are made. */
    @Bean
    static CheckedRegistry.Replacement dedupRegistryReplacement() {
        return new CheckedRegistry.Replacement();
    }
}
