package io.dedup.rabbit.spring;

import static io.dedup.rabbit.Shop.eventually;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.rabbitmq.client.AMQP.BasicProperties;
import io.dedup.Outcome;
import io.dedup.rabbit.spring.ListenerRefusedException.Reason;
import io.dedup.rabbit.spring.Listening.Container;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.aopalliance.aop.Advice;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.springframework.amqp.core.AcknowledgeMode;
import org.springframework.amqp.core.Message;
import org.springframework.amqp.core.MessageListener;
import org.springframework.amqp.rabbit.annotation.RabbitListener;
import org.springframework.amqp.rabbit.config.AbstractRabbitListenerContainerFactory;
import org.springframework.amqp.rabbit.config.DirectRabbitListenerContainerFactory;
import org.springframework.amqp.rabbit.config.RabbitListenerConfigUtils;
import org.springframework.amqp.rabbit.config.SimpleRabbitListenerContainerFactory;
import org.springframework.amqp.rabbit.config.SimpleRabbitListenerEndpoint;
import org.springframework.amqp.rabbit.connection.CachingConnectionFactory;
import org.springframework.amqp.rabbit.listener.RabbitListenerContainerFactory;
import org.springframework.amqp.rabbit.listener.RabbitListenerEndpointRegistry;
import org.springframework.context.annotation.AnnotatedBeanDefinitionReader;
import org.springframework.context.annotation.Lazy;

/** {@link ProtectAllListeners} sees to listeners that are made when the application has long been running. */
@Timeout(90)
class LateListenersTest extends WithListening {

    @Lazy
    static class Later {
        @RabbitListener(queues = "${queue}", containerFactory = "someFactory")
        CompletableFuture<String> on(Message message) {
            return CompletableFuture.completedFuture("later");
        }
    }

    @Lazy
    static class Asked {
        private final AtomicInteger runs = new AtomicInteger();

        @RabbitListener(queues = "${queue}", containerFactory = "someFactory")
        String on(Message message) {
            return "answer " + runs.incrementAndGet();
        }
    }

    private void start(Container container, AcknowledgeMode mode, Class<?>... lazy) {
        listening.context.registerBean(
                ProtectAllListeners.class, () -> new ProtectAllListeners(() -> listening.protection()));
        listening.context.registerBean(
                "someFactory", AbstractRabbitListenerContainerFactory.class, () -> factory(container, mode));
        new AnnotatedBeanDefinitionReader(listening.context).register(lazy);
        listening.start();
    }

    private AbstractRabbitListenerContainerFactory<?> factory(Container container, AcknowledgeMode mode) {
        AbstractRabbitListenerContainerFactory<?> factory = container == Container.SIMPLE
                ? new SimpleRabbitListenerContainerFactory()
                : new DirectRabbitListenerContainerFactory();
        factory.setConnectionFactory(listening.context.getBean(CachingConnectionFactory.class));
        factory.setAcknowledgeMode(mode);
        return factory;
    }

    private RabbitListenerContainerFactory<?> someFactory() {
        return listening.context.getBean("someFactory", RabbitListenerContainerFactory.class);
    }

    private void register(RabbitListenerContainerFactory<?> factory, MessageListener listener) {
        SimpleRabbitListenerEndpoint endpoint = new SimpleRabbitListenerEndpoint();
        endpoint.setId("late");
        endpoint.setQueueNames(shop.queue);
        endpoint.setMessageListener(listener);
        listening.registry().registerListenerContainer(endpoint, factory, true);
    }

    private void assertRefused(Reason reason, Runnable register) {
        assertThatThrownBy(register::run)
                .satisfies(thrown -> assertThat(causes(thrown))
                        .asInstanceOf(InstanceOfAssertFactories.type(ListenerRefusedException.class))
                        .satisfies(refusal -> assertThat(refusal.reason()).isEqualTo(reason)));
        if (listening.context.isActive()) {
            listening.registry().stop();
            listening.registry().start();
            assertThatCode(() ->
                            assertThat(shop.publisher.consumerCount(shop.queue)).isZero())
                    .as("not even when all are started anew")
                    .doesNotThrowAnyException();
        }
    }

    private static Throwable causes(Throwable thrown) {
        Throwable cause = thrown;
        while (!(cause instanceof ListenerRefusedException) && cause.getCause() != null) {
            cause = cause.getCause();
        }
        return cause;
    }

    @ParameterizedTest
    @EnumSource(Container.class)
    void acknowledgeModeNone(Container container) {
        start(container, AcknowledgeMode.NONE);
        assertRefused(Reason.ACKNOWLEDGE_MODE_NONE, () -> register(someFactory(), message -> {}));
    }

    @ParameterizedTest
    @EnumSource(Container.class)
    void acknowledgeModeManual(Container container) {
        start(container, AcknowledgeMode.MANUAL);
        assertRefused(Reason.ACKNOWLEDGE_MODE_MANUAL, () -> register(someFactory(), message -> {}));
    }

    @Test
    void aLazyBeansHandlerThatAnswersLater() {
        start(Container.SIMPLE, AcknowledgeMode.AUTO, Later.class);
        assertRefused(Reason.ASYNCHRONOUS_HANDLER, () -> listening.context.getBean(Later.class));
    }

    @Test
    void aRegistryOfTheApplicationsOwnIsLookedAtWhenItStarts() {
        listening.context.registerBean(
                RabbitListenerConfigUtils.RABBIT_LISTENER_ENDPOINT_REGISTRY_BEAN_NAME,
                RabbitListenerEndpointRegistry.class,
                RabbitListenerEndpointRegistry::new);
        assertRefused(Reason.ASYNCHRONOUS_HANDLER, () -> start(Container.SIMPLE, AcknowledgeMode.AUTO, AtOnce.class));
    }

    static class AtOnce extends Later {}

    @Test
    void aDatabaseThatHasLostItsTable() {
        start(Container.SIMPLE, AcknowledgeMode.AUTO);
        shop.execute("ALTER TABLE processed_message RENAME TO elsewhere");
        try {
            assertRefused(Reason.DATABASE, () -> register(someFactory(), message -> {}));
        } finally {
            shop.execute("ALTER TABLE elsewhere RENAME TO processed_message");
        }
    }

    @Test
    void aFactoryThatTakesNoAdvice() {
        start(Container.SIMPLE, AcknowledgeMode.AUTO);
        assertRefused(
                Reason.CONTAINER_FACTORY,
                () -> register(endpoint -> someFactory().createListenerContainer(endpoint), message -> {}));
    }

    @ParameterizedTest
    @EnumSource(Container.class)
    void whatIsNotRefusedIsProtected(Container container) {
        start(container, AcknowledgeMode.AUTO);
        register(
                someFactory(),
                message -> listening.save(message.getMessageProperties().getMessageId()));
        assertProtected();
    }

    @Test
    void aRepeatedRequestGetsTheSameAnswer() throws Exception {
        start(Container.SIMPLE, AcknowledgeMode.AUTO, Asked.class);
        listening.context.getBean(Asked.class);
        String replies = shop.publisher.queueDeclare().getQueue();
        BasicProperties request =
                new BasicProperties.Builder().messageId("1").replyTo(replies).build();
        for (int i = 0; i < 2; i++) {
            shop.publish(request, "{}");
            eventually().until(() -> shop.publisher.messageCount(replies) == 1);
            assertThat(new String(shop.publisher.basicGet(replies, true).getBody(), UTF_8))
                    .isEqualTo("answer 1");
        }
    }

    @Test
    void aFactoryThatIsNobodysBeanProtectsToo() {
        start(Container.SIMPLE, AcknowledgeMode.AUTO);
        register(
                factory(Container.SIMPLE, AcknowledgeMode.AUTO),
                message -> listening.save(message.getMessageProperties().getMessageId()));
        assertProtected();
    }

    @Test
    void aFactoryWhoseAdviceWasChangedSinceProtectsToo() {
        start(Container.SIMPLE, AcknowledgeMode.AUTO);
        ((AbstractRabbitListenerContainerFactory<?>) someFactory()).setAdviceChain(new Advice[0]);
        register(
                someFactory(),
                message -> listening.save(message.getMessageProperties().getMessageId()));
        assertProtected();
    }

    private void assertProtected() {
        try {
            shop.publish("1");
            shop.publish("1");
            shop.publish("2");
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
        eventually().until(() -> shop.keys() == 2);
        eventually().until(() -> listening.outcomes(Outcome.DUPLICATE) == 1);
        assertThat(shop.effects()).isEqualTo(2);
    }
}
