package io.dedup.rabbit.spring;

import static java.util.Objects.requireNonNull;

import java.util.Arrays;
import java.util.function.Supplier;
import org.aopalliance.aop.Advice;
import org.jspecify.annotations.Nullable;
import org.springframework.amqp.core.MessageListenerContainer;
import org.springframework.amqp.rabbit.config.AbstractRabbitListenerContainerFactory;
import org.springframework.amqp.rabbit.listener.AbstractMessageListenerContainer;
import org.springframework.amqp.rabbit.listener.RabbitListenerContainerFactory;
import org.springframework.amqp.rabbit.listener.RabbitListenerEndpointRegistry;
import org.springframework.beans.factory.BeanFactory;
import org.springframework.beans.factory.config.BeanFactoryPostProcessor;
import org.springframework.beans.factory.config.BeanPostProcessor;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.context.SmartLifecycle;

/**
 * Protects the listeners of all container factories in the application, whoever has made them, and whenever: those that
 * are registered or made lazily while it runs too. Their advice stays, with the protection inside; a customizer that sets a
 * container's whole advice chain would throw the protection out. Refuses what it can see: AcknowledgeMode NONE and MANUAL,
 * asynchronous handlers, factories that take no advice, a database that is not ready. It cannot see a container's
 * transaction manager nor its concurrency; a {@link DedupRabbitListenerContainerFactory} does.
 *
 * @see ListenerRefusedException
 */
public final class ProtectAllListeners implements BeanFactoryPostProcessor, BeanPostProcessor, SmartLifecycle {

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

    /** All containers of listeners come by one registry, which is to show them. */
    @Override
    public void postProcessBeanFactory(ConfigurableListableBeanFactory beanFactory) {
        this.beans = beanFactory;
        ProtectedRegistry.replaceIn(beanFactory);
    }

    @Override
    public Object postProcessAfterInitialization(Object bean, String beanName) {
        if (bean instanceof AbstractRabbitListenerContainerFactory<?> factory && !isOurs(factory)) {
            protect(factory);
        }
        return bean;
    }

    /** Again for each container: its factory may be nobody's bean, or its advice may have been set anew. */
    void beforeContainerOf(RabbitListenerContainerFactory<?> factory, String listener) {
        if (isOurs(factory)) {
            return;
        }
        if (!(factory instanceof AbstractRabbitListenerContainerFactory<?> advised)) {
            throw StartCheck.unadvised(listener, factory);
        }
        protect(advised);
    }

    private void protect(AbstractRabbitListenerContainerFactory<?> factory) {
        Advice[] set = factory.getAdviceChain();
        Advice[] theirs = set == null ? new Advice[0] : set;
        if (Arrays.stream(theirs).noneMatch(Chain.class::isInstance)) {
            factory.setAdviceChain(protection.get().around(theirs));
        }
    }

    private static boolean isOurs(RabbitListenerContainerFactory<?> factory) {
        return factory instanceof DedupRabbitListenerContainerFactory
                || factory instanceof DedupDirectRabbitListenerContainerFactory;
    }

    void afterContainer(MessageListenerContainer container) {
        if (container instanceof AbstractMessageListenerContainer theirs && !isOurs(theirs)) {
            check(theirs);
            ReplyCapture.in(theirs.getMessageListener());
            if (running) {
                checkDatabase(theirs);
            }
        }
    }

    private static boolean isOurs(AbstractMessageListenerContainer container) {
        return container instanceof ProtectedSimpleContainer || container instanceof ProtectedDirectContainer;
    }

    private static void check(AbstractMessageListenerContainer container) {
        StartCheck.configuration(container, false);
        StartCheck.noManual(container);
    }

    private void checkDatabase(AbstractMessageListenerContainer container) {
        StartCheck.database(container, protection.get().terms(), 1);
    }

    /** Checks what the containers have become, and that there is a protection even if there is no listener yet. */
    @Override
    public void start() {
        running = true;
        var unused = protection.get(); // says what is missing
        requireNonNull(beans, "beanFactory")
                .getBeanProvider(RabbitListenerEndpointRegistry.class)
                .forEach(registry -> registry.getListenerContainers().stream()
                        .filter(AbstractMessageListenerContainer.class::isInstance)
                        .map(AbstractMessageListenerContainer.class::cast)
                        .filter(container -> !isOurs(container))
                        .forEach(container -> {
                            check(container);
                            checkDatabase(container);
                        }));
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
