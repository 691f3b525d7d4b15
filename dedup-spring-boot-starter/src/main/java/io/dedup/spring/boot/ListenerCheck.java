package io.dedup.spring.boot;

import io.dedup.MessageConsumer;
import io.dedup.spring.ListenerRefusedException;
import io.dedup.spring.ListenerRefusedException.Reason;
import io.dedup.spring.Protection;
import java.util.Collection;
import java.util.List;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.amqp.rabbit.config.DirectRabbitListenerContainerFactory;
import org.springframework.amqp.rabbit.listener.AbstractMessageListenerContainer;
import org.springframework.amqp.rabbit.listener.RabbitListenerContainerFactory;
import org.springframework.amqp.rabbit.listener.RabbitListenerEndpoint;
import org.springframework.amqp.rabbit.listener.RabbitListenerEndpointRegistry;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.context.SmartLifecycle;

/** Every listener is protected but those that are to be left out, or refused with what to write instead. */
final class ListenerCheck implements SmartLifecycle {

    private static final Logger log = LoggerFactory.getLogger(ListenerCheck.class);

    private final UnprotectedListeners unprotected;
    private final ContainerFactories factories;
    private final ConfigurableListableBeanFactory beans;
    private volatile boolean running;

    ListenerCheck(
            UnprotectedListeners unprotected, ContainerFactories factories, ConfigurableListableBeanFactory beans) {
        this.unprotected = unprotected;
        this.factories = factories;
        this.beans = beans;
    }

    /** The factory that shall make the listener's container. */
    RabbitListenerContainerFactory<?> factoryFor(
            RabbitListenerEndpoint endpoint, RabbitListenerContainerFactory<?> factory) {
        boolean protects = Protection.isIn(factory);
        if (unprotected.contains(endpoint)) {
            log.info(
                    "the listener {} of {} is not protected: it is left out of dedup.rabbit.all-listeners",
                    endpoint.getId(),
                    UnprotectedListeners.queuesOf(endpoint));
            return protects ? unprotectedLike(factory) : factory;
        }
        if (!protects) {
            throw refused(endpoint, factory);
        }
        return factory;
    }

    private RabbitListenerContainerFactory<?> unprotectedLike(RabbitListenerContainerFactory<?> factory) {
        return factory instanceof DirectRabbitListenerContainerFactory
                ? factories.unprotectedDirect()
                : factories.unprotectedSimple();
    }

    private ListenerRefusedException refused(
            RabbitListenerEndpoint endpoint, RabbitListenerContainerFactory<?> factory) {
        String name = Stream.of(beans.getBeanNamesForType(RabbitListenerContainerFactory.class, true, false))
                .filter(bean -> beans.getSingleton(bean) == factory)
                .findFirst()
                .orElse(ContainerFactories.DEFAULT);
        return new ListenerRefusedException(
                Reason.CONTAINER_FACTORY,
                "the listener " + endpoint.getId() + " of " + UnprotectedListeners.queuesOf(endpoint)
                        + " has the container factory " + name + ", a "
                        + factory.getClass().getName() + ", whose listeners are not protected",
                BeanMethod.toWrite(name, factory instanceof DirectRabbitListenerContainerFactory)
                        + "or leave the listener out, by dedup.rabbit.unprotected or @UnprotectedListener",
                null);
    }

    /** Of registries that are the application's own, this is the first look at their containers. */
    @Override
    public void start() {
        running = true;
        beans.getBeanProvider(RabbitListenerEndpointRegistry.class).stream()
                .filter(registry -> !(registry instanceof CheckedRegistry))
                .forEach(this::check);
        if (!unknown().isEmpty()) {
            log.warn("dedup.rabbit.unprotected names {}, and no listener has that id or queue so far", unknown());
        }
    }

    List<String> unknown() {
        return unprotected.unknown();
    }

    private void check(RabbitListenerEndpointRegistry registry) {
        Collection<?> containers = registry.getListenerContainers(); // of another type in each line of spring-rabbit
        for (Object container : containers) {
            if (container instanceof MessageConsumer) {
                continue;
            }
            if (!(container instanceof AbstractMessageListenerContainer listener)
                    || !unprotected.isNamed(
                            String.valueOf(listener.getListenerId()), List.of(listener.getQueueNames()))) {
                throw new ListenerRefusedException(
                        Reason.CONTAINER_FACTORY,
                        "a registry of the application's own holds a listener that is not protected, " + container,
                        "give it a container factory of the library's, or leave it out, by dedup.rabbit.unprotected",
                        null);
            }
        }
    }

    @Override
    public void stop() {
        running = false;
    }

    @Override
    public boolean isRunning() {
        return running;
    }

    /** Before any container. */
    @Override
    public int getPhase() {
        return Integer.MIN_VALUE;
    }
}
