package io.dedup.spring.boot.compat;

import org.springframework.amqp.rabbit.config.DirectRabbitListenerContainerFactory;
import org.springframework.amqp.rabbit.config.SimpleRabbitListenerContainerFactory;
import org.springframework.amqp.rabbit.connection.ConnectionFactory;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.amqp.DirectRabbitListenerContainerFactoryConfigurer;
import org.springframework.boot.autoconfigure.amqp.SimpleRabbitListenerContainerFactoryConfigurer;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.context.annotation.Bean;

/** Boot 3's settings of container factories. */
@AutoConfiguration
@ConditionalOnClass({SimpleRabbitListenerContainerFactory.class, SimpleRabbitListenerContainerFactoryConfigurer.class})
public final class Boot3RabbitAutoConfiguration {

    Boot3RabbitAutoConfiguration() {}

    @Bean
    FactorySettings dedupFactorySettings(
            ObjectProvider<SimpleRabbitListenerContainerFactoryConfigurer> simple,
            ObjectProvider<DirectRabbitListenerContainerFactoryConfigurer> direct) {
        return new Boot3FactorySettings(simple, direct);
    }

    private record Boot3FactorySettings(
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
