package io.dedup.spring.boot;

import io.dedup.spring.DedupDirectRabbitListenerContainerFactory;
import io.dedup.spring.DedupRabbitListenerContainerFactory;
import io.dedup.spring.Protection;
import io.dedup.spring.boot.compat.FactorySettings;
import org.springframework.amqp.rabbit.config.ContainerCustomizer;
import org.springframework.amqp.rabbit.config.DirectRabbitListenerContainerFactory;
import org.springframework.amqp.rabbit.config.SimpleRabbitListenerContainerFactory;
import org.springframework.amqp.rabbit.connection.ConnectionFactory;
import org.springframework.amqp.rabbit.listener.DirectMessageListenerContainer;
import org.springframework.amqp.rabbit.listener.SimpleMessageListenerContainer;
import org.springframework.beans.factory.ObjectProvider;

/** Makes container factories as Boot makes its own, of the library's classes and of Spring's. */
record ContainerFactories(
        ObjectProvider<FactorySettings> settings,
        ObjectProvider<Protection> protections,
        ObjectProvider<ConnectionFactory> connections,
        ObjectProvider<ContainerCustomizer<SimpleMessageListenerContainer>> simpleCustomizer,
        ObjectProvider<ContainerCustomizer<DirectMessageListenerContainer>> directCustomizer) {

    /** Boot's own name for the factory of listeners that name none. */
    static final String DEFAULT = "rabbitListenerContainerFactory";

    DedupRabbitListenerContainerFactory simple(String name) {
        return configured(new DedupRabbitListenerContainerFactory(protection()), name);
    }

    DedupDirectRabbitListenerContainerFactory direct(String name) {
        return configured(new DedupDirectRabbitListenerContainerFactory(protection()), name);
    }

    /** As Boot would make it without the library. */
    SimpleRabbitListenerContainerFactory unprotectedSimple() {
        return configured(new SimpleRabbitListenerContainerFactory(), DEFAULT);
    }

    /** As Boot would make it without the library. */
    DirectRabbitListenerContainerFactory unprotectedDirect() {
        return configured(new DirectRabbitListenerContainerFactory(), DEFAULT);
    }

    private <F extends SimpleRabbitListenerContainerFactory> F configured(F factory, String name) {
        settings.getObject().configure(factory, connections(name));
        simpleCustomizer.ifUnique(factory::setContainerCustomizer);
        return factory;
    }

    private <F extends DirectRabbitListenerContainerFactory> F configured(F factory, String name) {
        settings.getObject().configure(factory, connections(name));
        directCustomizer.ifUnique(factory::setContainerCustomizer);
        return factory;
    }

    private Protection protection() {
        return BeanSelector.select(Protection.class, protections, "mark that one with @Primary");
    }

    private ConnectionFactory connections(String name) {
        return BeanSelector.select(
                ConnectionFactory.class,
                connections,
                "mark that one with @Primary, or define a bean " + name + " on it");
    }
}
