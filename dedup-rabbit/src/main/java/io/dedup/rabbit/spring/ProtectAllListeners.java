package io.dedup.rabbit.spring;

import static java.util.Objects.requireNonNull;

import java.util.Arrays;
import java.util.Collection;
import java.util.function.Supplier;
import org.aopalliance.aop.Advice;
import org.jspecify.annotations.Nullable;
import org.springframework.amqp.rabbit.config.AbstractRabbitListenerContainerFactory;
import org.springframework.amqp.rabbit.listener.AbstractMessageListenerContainer;
import org.springframework.amqp.rabbit.listener.RabbitListenerContainerFactory;
import org.springframework.amqp.rabbit.listener.RabbitListenerEndpointRegistry;
import org.springframework.beans.factory.BeanFactory;
import org.springframework.beans.factory.config.BeanFactoryPostProcessor;
import org.springframework.beans.factory.config.BeanPostProcessor;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.context.SmartLifecycle;
import org.springframework.util.ErrorHandler;

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
     * A bean of its own; its method is to be static, as for each BeanPostProcessor, and to declare this very type.
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

    void afterContainer(Object container) {
        if (container instanceof AbstractMessageListenerContainer theirs && !isOurs(theirs)) {
            ReplyCapture.in(theirs.getMessageListener());
            tellFailuresOnly(theirs);
        }
        check(container);
    }

    /** Whatever its error handler makes of them, trouble of the library's own is not its to settle. */
    private static void tellFailuresOnly(AbstractMessageListenerContainer container) {
        ErrorHandler errorHandler = container.getErrorHandler();
        container.setErrorHandler(failure -> {
            if (!ListenerFailures.isOfTheLibrary(failure)) {
                errorHandler.handleError(failure);
            }
        });
    }

    private static boolean isOurs(AbstractMessageListenerContainer container) {
        return container instanceof ProtectedSimpleContainer || container instanceof ProtectedDirectContainer;
    }

    private void check(Object container) {
        if (container instanceof AbstractMessageListenerContainer theirs && !isOurs(theirs)) {
            StartCheck.configuration(theirs, false);
            StartCheck.noManual(theirs);
            if (running) { // there may be no tables before
                StartCheck.database(theirs, protection.get().terms(), 1);
            }
        }
    }

    /** Checks what the containers have become, and that there is a protection even if there is no listener yet. */
    @Override
    public void start() {
        running = true;
        var unused = protection.get(); // says what is missing
        requireNonNull(beans, "the bean's method does not declare the type ProtectAllListeners")
                .getBeanProvider(RabbitListenerEndpointRegistry.class)
                .forEach(this::checkThoseOf);
    }

    private void checkThoseOf(RabbitListenerEndpointRegistry registry) {
        Collection<?> containers = registry.getListenerContainers(); // of another type in each line of spring-rabbit
        for (Object container : containers) {
            if (registry instanceof ProtectedRegistry) {
                check(container);
            } else { // the application's own: seen for the first time
                afterContainer(container);
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
