package io.dedup.spring.boot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.dedup.Deduplicator;
import io.dedup.MessageKey;
import io.dedup.spring.DedupRabbitListener;
import io.dedup.spring.DedupRabbitListenerContainerFactory;
import io.dedup.spring.Protection;
import io.dedup.test.BrokerServer;
import io.dedup.test.Database;
import io.dedup.test.ServersExtension;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.amqp.rabbit.annotation.EnableRabbit;
import org.springframework.amqp.rabbit.annotation.RabbitListener;
import org.springframework.amqp.rabbit.connection.CachingConnectionFactory;
import org.springframework.amqp.rabbit.connection.ConnectionFactory;
import org.springframework.amqp.rabbit.core.RabbitTemplate;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.test.context.assertj.AssertableApplicationContext;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Primary;

/** Of several brokers the one that Boot would take is taken, and none by chance. The others lead nowhere. */
@ExtendWith(ServersExtension.class)
@Timeout(120)
class ConnectionFactoriesTest {

    private final BrokerServer broker;
    private final String queue = "brokers-" + UUID.randomUUID();
    private final ApplicationContextRunner runner;

    ConnectionFactoriesTest(BrokerServer broker, Database database) {
        this.broker = broker;
        this.runner = Contexts.on(database)
                .withConfiguration(AutoConfigurations.of(
                        BootLine.TRANSACTION_MANAGER,
                        BootLine.RABBIT,
                        DedupAllListenersAutoConfiguration.class,
                        DedupRabbitAutoConfiguration.class))
                .withBean("ours", com.rabbitmq.client.ConnectionFactory.class, broker::connectionFactory)
                .withPropertyValues("queue=" + queue);
    }

    @BeforeEach
    void declareQueue() throws Exception {
        try (com.rabbitmq.client.Connection connection =
                broker.connectionFactory().newConnection()) {
            connection.createChannel().queueDeclare(queue, true, false, false, Map.of());
        }
    }

    @ParameterizedTest
    @ValueSource(classes = {PrimaryOne.class, NamedOne.class})
    void theOneThatBootTakesIsTaken(Class<?> connections) {
        runner.withUserConfiguration(connections, Chosen.class).run(this::assertProtected);
    }

    @Test
    void whereNoneCanBeToldFromTheOthersAListenerThatNeedsOneIsRefused() {
        runner.withUserConfiguration(Alike.class, Chosen.class).run(context -> {
            assertThat(context).hasFailed();
            assertThat(Contexts.analysisOf(context.getStartupFailure()))
                    .contains("several beans of type ConnectionFactory")
                    .contains("Action: Mark that one with @Primary, or define a bean"
                            + " dedupRabbitListenerContainerFactory on it.");
        });
    }

    @Test
    void andOneThatDoesNotIsNot() {
        runner.withUserConfiguration(Alike.class, Plain.class)
                .withPropertyValues("dedup.rabbit.all-listeners=true")
                .run(this::assertProtected);
    }

    private void assertProtected(AssertableApplicationContext context) {
        assertThat(context).hasNotFailed();
        new RabbitTemplate(new CachingConnectionFactory(broker.connectionFactory()))
                .convertAndSend("", queue, "a", message -> {
                    message.getMessageProperties().setMessageId("a");
                    return message;
                });
        Deduplicator dedup = context.getBean(Deduplicator.class);
        await().until(() ->
                dedup.admin().processedAt(new MessageKey(queue, "a")).isPresent());
    }

    private static ConnectionFactory nowhere() {
        return new CachingConnectionFactory("127.0.0.1", 1);
    }

    @Configuration(proxyBeanMethods = false)
    static class Chosen {

        @DedupRabbitListener(queues = "${queue}")
        void on(String body) {}
    }

    @Configuration(proxyBeanMethods = false)
    static class Plain {

        @RabbitListener(queues = "${queue}")
        void on(String body) {}
    }

    @Configuration(proxyBeanMethods = false)
    static class PrimaryOne {

        @Bean
        @Primary
        ConnectionFactory orders(@Qualifier("ours") com.rabbitmq.client.ConnectionFactory ours) {
            return new CachingConnectionFactory(ours);
        }

        @Bean
        ConnectionFactory other() {
            return nowhere();
        }
    }

    @Configuration(proxyBeanMethods = false)
    static class NamedOne {

        @Bean
        ConnectionFactory connectionFactory(@Qualifier("ours") com.rabbitmq.client.ConnectionFactory ours) {
            return new CachingConnectionFactory(ours);
        }

        @Bean
        ConnectionFactory other() {
            return nowhere();
        }
    }

    /** Boot's container factory would break the start here too, so there is another. */
    @Configuration(proxyBeanMethods = false)
    @EnableRabbit
    static class Alike {

        @Bean
        ConnectionFactory orders(@Qualifier("ours") com.rabbitmq.client.ConnectionFactory ours) {
            return new CachingConnectionFactory(ours);
        }

        @Bean
        ConnectionFactory other() {
            return nowhere();
        }

        @Bean
        DedupRabbitListenerContainerFactory rabbitListenerContainerFactory(
                Protection protection, @Qualifier("orders") ConnectionFactory orders) {
            var factory = new DedupRabbitListenerContainerFactory(protection);
            factory.setConnectionFactory(orders);
            return factory;
        }
    }
}
