package io.dedup.spring.boot;

import io.dedup.spring.boot.compat.FactorySettings;
import org.springframework.amqp.rabbit.config.DirectRabbitListenerContainerFactory;
import org.springframework.amqp.rabbit.config.SimpleRabbitListenerContainerFactory;
import org.springframework.amqp.rabbit.connection.ConnectionFactory;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.amqp.autoconfigure.DirectRabbitListenerContainerFactoryConfigurer;
import org.springframework.boot.amqp.autoconfigure.SimpleRabbitListenerContainerFactoryConfigurer;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.context.annotation.Bean;

/** Boot 4's settings of container factories. */
@AutoConfiguration
@ConditionalOnClass({SimpleRabbitListenerContainerFactory.class, SimpleRabbitListenerContainerFactoryConfigurer.class})
public final class Boot4RabbitAutoConfiguration {

    Boot4RabbitAutoConfiguration() {}

    @Bean
    FactorySettings dedupFactorySettings(
            ObjectProvider<SimpleRabbitListenerContainerFactoryConfigurer> simple,
            ObjectProvider<DirectRabbitListenerContainerFactoryConfigurer> direct) {
        return new Boot4FactorySettings(simple, direct);
    }

    private record Boot4FactorySettings(
            ObjectProvider<SimpleRabbitListenerContainerFactoryConfigurer> simple,
            ObjectProvider<DirectRabbitListenerContainerFactoryConfigurer> direct)
            implements FactorySettings {

        @Override
        public void configure(SimpleRabbitListenerContainerFactory factory, ConnectionFactory connections) {
            simple.getObject().configure(factory, connections);
        }

        @Override
        public void configure(DirectRabbitListenerContainerFactory factory, ConnectionFactory connections) {
            direct.getObject().configure(factory, connections);
        }
    }
}
