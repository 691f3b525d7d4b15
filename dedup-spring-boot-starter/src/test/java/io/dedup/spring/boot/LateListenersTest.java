package io.dedup.spring.boot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.rabbitmq.client.AMQP.BasicProperties;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.GetResponse;
import io.dedup.DedupListener;
import io.dedup.Outcome;
import io.dedup.Result;
import io.dedup.spring.DedupDirectRabbitListenerContainerFactory;
import io.dedup.spring.DedupRabbitListenerContainerFactory;
import io.dedup.spring.ListenerRefusedException;
import io.dedup.spring.ListenerRefusedException.Reason;
import io.dedup.spring.Protection;
import io.dedup.test.BrokerServer;
import io.dedup.test.Database;
import io.dedup.test.ServersExtension;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.amqp.core.AcknowledgeMode;
import org.springframework.amqp.core.Message;
import org.springframework.amqp.core.MessageListener;
import org.springframework.amqp.rabbit.annotation.RabbitListener;
import org.springframework.amqp.rabbit.config.AbstractRabbitListenerContainerFactory;
import org.springframework.amqp.rabbit.config.RabbitListenerConfigUtils;
import org.springframework.amqp.rabbit.config.SimpleRabbitListenerContainerFactory;
import org.springframework.amqp.rabbit.config.SimpleRabbitListenerEndpoint;
import org.springframework.amqp.rabbit.connection.ConnectionFactory;
import org.springframework.amqp.rabbit.core.RabbitAdmin;
import org.springframework.amqp.rabbit.listener.RabbitListenerContainerFactory;
import org.springframework.amqp.rabbit.listener.RabbitListenerEndpointRegistry;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.ApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Lazy;
import org.springframework.jdbc.core.JdbcTemplate;

/** Listeners that are made when the application has long been running are protected, or refused, like all others. */
@ExtendWith(ServersExtension.class)
@Timeout(120)
class LateListenersTest {

    private final BrokerServer broker;
    private final String queue = "late-" + UUID.randomUUID();
    private final List<Result> results = new CopyOnWriteArrayList<>();
    private final ApplicationContextRunner runner;

    LateListenersTest(Database database, BrokerServer broker) {
        this.broker = broker;
        this.runner = Contexts.listening(database, broker, queue)
                .withBean(DedupListener.class, () -> new DedupListener() {
                    @Override
                    public void onDelivery(Result result, boolean redelivered) {
                        results.add(result);
                    }
                })
                .withPropertyValues("dedup.rabbit.all-listeners=true");
    }

    @ParameterizedTest
    @ValueSource(strings = {"simple", "direct"})
    void acknowledgeModeNone(String type) {
        runner.withPropertyValues(
                        "spring.rabbitmq.listener.type=" + type,
                        "spring.rabbitmq.listener." + type + ".acknowledge-mode=none")
                .run(context -> assertRefused(
                        context, Reason.ACKNOWLEDGE_MODE_NONE, () -> register(context, boots(context), noop())));
    }

    @Test
    void aLazyBeansHandlerThatAnswersLater() {
        runner.withUserConfiguration(Later.class)
                .run(context ->
                        assertRefused(context, Reason.ASYNCHRONOUS_HANDLER, () -> context.getBean(Later.class)));
    }

    @Test
    void aRegistryOfTheApplicationsOwnIsLookedAtWhenItStarts() {
        ApplicationContextRunner own = runner.withBean(
                RabbitListenerConfigUtils.RABBIT_LISTENER_ENDPOINT_REGISTRY_BEAN_NAME,
                RabbitListenerEndpointRegistry.class,
                RabbitListenerEndpointRegistry::new);
        own.withUserConfiguration(Answering.class)
                .run(context -> assertThat(context).hasNotFailed());
        own.withUserConfiguration(Unprotected.class)
                .run(context -> assertThat(refusal(context.getStartupFailure()).reason())
                        .isEqualTo(Reason.CONTAINER_FACTORY));
    }

    @Test
    void aDatabaseThatHasLostItsTable() {
        runner.run(context -> {
            JdbcTemplate jdbc = new JdbcTemplate(context.getBean(DataSource.class));
            jdbc.execute("ALTER TABLE processed_message RENAME TO elsewhere");
            assertRefused(context, Reason.DATABASE, () -> register(context, boots(context), noop()));
        });
    }

    @Test
    void aFactoryOfUnknownKind() {
        runner.run(context -> assertRefused(
                context,
                Reason.CONTAINER_FACTORY,
                () -> register(context, endpoint -> boots(context).createListenerContainer(endpoint), noop())));
    }

    @ParameterizedTest
    @ValueSource(strings = {"AUTO", "MANUAL"})
    void aFactoryOfSpringsThatIsNobodysBean(AcknowledgeMode mode) {
        runner.run(context -> {
            var springs = new SimpleRabbitListenerContainerFactory();
            springs.setConnectionFactory(context.getBean(ConnectionFactory.class));
            springs.setAcknowledgeMode(mode);
            assertRefused(context, Reason.CONTAINER_FACTORY, () -> register(context, springs, noop()));
            assertThat(context.getBean(RabbitListenerEndpointRegistry.class).getListenerContainerIds())
                    .as("nothing of it is left")
                    .isEmpty();
        });
    }

    @Test
    void oneThatTheProtectionGoesAround() {
        runner.run(context -> {
            var springs = new SimpleRabbitListenerContainerFactory();
            springs.setConnectionFactory(context.getBean(ConnectionFactory.class));
            springs.setAdviceChain(context.getBean(Protection.class)
                    .publishingConnection(context.getBean(ConnectionFactory.class))
                    .around());
            assertProtected(context, springs);
        });
    }

    @ParameterizedTest
    @ValueSource(strings = {"simple", "direct"})
    void whatIsNotRefusedIsProtected(String type) {
        runner.withPropertyValues("spring.rabbitmq.listener.type=" + type)
                .run(context -> assertProtected(context, boots(context)));
    }

    @ParameterizedTest
    @ValueSource(strings = {"simple", "direct"})
    void oneOfTheLibrarysThatIsNobodysBean(String type) {
        runner.run(context -> {
            Protection protection = context.getBean(Protection.class);
            AbstractRabbitListenerContainerFactory<?> factory = type.equals("simple")
                    ? new DedupRabbitListenerContainerFactory(protection)
                    : new DedupDirectRabbitListenerContainerFactory(protection);
            factory.setConnectionFactory(context.getBean(ConnectionFactory.class));
            assertProtected(context, factory);
        });
    }

    @Test
    void aRepeatedRequestGetsTheSameAnswer() {
        runner.withUserConfiguration(Asked.class).run(context -> {
            context.getBean(Asked.class);
            try (Connection connection = broker.connectionFactory().newConnection();
                    Channel channel = connection.createChannel()) {
                String replies = channel.queueDeclare().getQueue();
                BasicProperties request = new BasicProperties.Builder()
                        .messageId("1")
                        .replyTo(replies)
                        .build();
                for (int i = 0; i < 2; i++) {
                    channel.basicPublish("", queue, request, new byte[] {1});
                    await().until(() -> channel.messageCount(replies) == 1);
                    GetResponse reply = channel.basicGet(replies, true);
                    assertThat(new String(reply.getBody(), StandardCharsets.UTF_8))
                            .isEqualTo("answer 1");
                }
            }
        });
    }

    private static MessageListener noop() {
        return message -> {};
    }

    private static RabbitListenerContainerFactory<?> boots(ApplicationContext context) {
        return context.getBean("rabbitListenerContainerFactory", RabbitListenerContainerFactory.class);
    }

    private void register(
            ApplicationContext context, RabbitListenerContainerFactory<?> factory, MessageListener listener) {
        SimpleRabbitListenerEndpoint endpoint = new SimpleRabbitListenerEndpoint();
        endpoint.setId("late");
        endpoint.setQueueNames(queue);
        endpoint.setMessageListener(listener);
        context.getBean(RabbitListenerEndpointRegistry.class).registerListenerContainer(endpoint, factory, true);
    }

    private void assertProtected(ApplicationContext context, RabbitListenerContainerFactory<?> factory) {
        List<String> effects = new CopyOnWriteArrayList<>();
        context.getBean(RabbitAdmin.class).initialize();
        register(
                context,
                factory,
                message -> effects.add(message.getMessageProperties().getMessageId()));
        Contexts.send(broker, queue, "1", "1", "2");
        await().until(() -> results.size() == 3);
        assertThat(results).extracting(Result::outcome).containsOnlyOnce(Outcome.DUPLICATE);
        assertThat(effects).containsExactly("1", "2");
    }

    private void assertRefused(ApplicationContext context, Reason reason, Runnable register) throws Exception {
        assertThatThrownBy(register::run)
                .satisfies(thrown -> assertThat(refusal(thrown).reason()).isEqualTo(reason));
        RabbitListenerEndpointRegistry registry = context.getBean(RabbitListenerEndpointRegistry.class);
        registry.stop();
        try {
            registry.start();
        } catch (RuntimeException e) {
            assertThat(refusal(e).reason()).isEqualTo(reason);
        }
        try (Connection connection = broker.connectionFactory().newConnection();
                Channel channel = connection.createChannel()) {
            channel.queueDeclare(queue, true, false, false, null);
            assertThat(channel.consumerCount(queue))
                    .as("not even when all are started anew")
                    .isZero();
        }
    }

    private static ListenerRefusedException refusal(Throwable thrown) {
        return Stream.iterate(thrown, cause -> cause != null, Throwable::getCause)
                .filter(ListenerRefusedException.class::isInstance)
                .map(ListenerRefusedException.class::cast)
                .findFirst()
                .orElseThrow(() -> new AssertionError("not refused", thrown));
    }

    @Lazy
    @Configuration(proxyBeanMethods = false)
    static class Later {

        @RabbitListener(queues = "${queue}")
        CompletableFuture<String> on(Message message) {
            return CompletableFuture.completedFuture("later");
        }
    }

    @Lazy
    @Configuration(proxyBeanMethods = false)
    static class Asked {
        private final AtomicInteger runs = new AtomicInteger();

        @RabbitListener(queues = "${queue}")
        String on(Message message) {
            return "answer " + runs.incrementAndGet();
        }
    }

    @Configuration(proxyBeanMethods = false)
    static class Answering {

        @RabbitListener(queues = "${queue}")
        void on(Message message) {}
    }

    @Configuration(proxyBeanMethods = false)
    static class Unprotected {

        @Bean
        static SimpleRabbitListenerContainerFactory springs(ConnectionFactory connectionFactory) {
            var factory = new SimpleRabbitListenerContainerFactory();
            factory.setConnectionFactory(connectionFactory);
            return factory;
        }

        @RabbitListener(queues = "${queue}", containerFactory = "springs")
        void on(Message message) {}
    }
}
