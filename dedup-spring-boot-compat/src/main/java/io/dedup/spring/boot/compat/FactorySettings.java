package io.dedup.spring.boot.compat;

import org.springframework.amqp.rabbit.config.DirectRabbitListenerContainerFactory;
import org.springframework.amqp.rabbit.config.SimpleRabbitListenerContainerFactory;
import org.springframework.amqp.rabbit.connection.ConnectionFactory;

/** Gives container factories what Boot gives its own: {@code spring.rabbitmq.listener.*} and the beans that belong to it. */
public interface FactorySettings {

    /**
     * As Boot's simple factory.
     *
     * @param factory the factory to configure
     * @param connections where its containers connect
     * @throws org.springframework.beans.factory.NoSuchBeanDefinitionException if Boot's RabbitAutoConfiguration is not
     *     there
     */
    void configure(SimpleRabbitListenerContainerFactory factory, ConnectionFactory connections);

    /**
     * As Boot's direct factory.
     *
     * @param factory the factory to configure
     * @param connections where its containers connect
     * @throws org.springframework.beans.factory.NoSuchBeanDefinitionException if Boot's RabbitAutoConfiguration is not
     *     there
     */
    void configure(DirectRabbitListenerContainerFactory factory, ConnectionFactory connections);
}
