package io.dedup.rabbit.spring;

import static java.util.Objects.requireNonNull;

import java.util.function.Supplier;
import org.aopalliance.aop.Advice;
import org.jspecify.annotations.Nullable;
import org.springframework.amqp.rabbit.config.AbstractRabbitListenerContainerFactory;
import org.springframework.amqp.rabbit.listener.AbstractMessageListenerContainer;
import org.springframework.amqp.rabbit.listener.RabbitListenerEndpointRegistry;
import org.springframework.beans.factory.BeanFactory;
import org.springframework.beans.factory.BeanFactoryAware;
import org.springframework.beans.factory.config.BeanPostProcessor;
import org.springframework.context.SmartLifecycle;

/**
 * Protects the listeners of all container factories in the application, whoever has made them. Their advice stays, with
 * the protection inside; a customizer that sets a container's whole advice chain would throw the protection out. Refuses
 * at start what it can see: AcknowledgeMode NONE and MANUAL, asynchronous handlers, a database that is not ready. It
 * cannot see a container's transaction manager nor its concurrency; a {@link DedupRabbitListenerContainerFactory} does.
 */
public final class ProtectAllListeners implements BeanPostProcessor, BeanFactoryAware, SmartLifecycle {

    private final Supplier<Protection> protection;
    private @Nullable BeanFactory beans;
    private volatile boolean running;

    /**
     * A bean of its own; its method is to be static, as for each BeanPostProcessor.
     *
     * @param protection how listeners are protected; asked when the first container factory is made
     */
    public ProtectAllListeners(Supplier<Protection> protection) {
        this.protection = requireNonNull(protection, "protection");
    }

    @Override
    public void setBeanFactory(BeanFactory beanFactory) {
        this.beans = beanFactory;
    }

    @Override
    public Object postProcessAfterInitialization(Object bean, String beanName) {
        if (bean instanceof AbstractRabbitListenerContainerFactory<?> factory && !isOurs(factory)) {
            Advice[] theirs = factory.getAdviceChain();
            factory.setAdviceChain(protection.get().around(theirs == null ? new Advice[0] : theirs));
        }
        return bean;
    }

    private static boolean isOurs(AbstractRabbitListenerContainerFactory<?> factory) {
        return factory instanceof DedupRabbitListenerContainerFactory
                || factory instanceof DedupDirectRabbitListenerContainerFactory;
    }

    /** Checks what the containers have become. */
    @Override
    public void start() {
        running = true;
        requireNonNull(beans, "beanFactory")
                .getBeanProvider(RabbitListenerEndpointRegistry.class)
                .forEach(registry -> registry.getListenerContainers().forEach(this::check));
    }

    private void check(Object container) {
        if (container instanceof AbstractMessageListenerContainer listeners
                && !(container instanceof ProtectedSimpleContainer)
                && !(container instanceof ProtectedDirectContainer)) {
            StartCheck.configuration(listeners, false);
            StartCheck.noManual(listeners);
            StartCheck.database(listeners, protection.get().terms(), 1);
            ReplyCapture.in(listeners.getMessageListener());
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
