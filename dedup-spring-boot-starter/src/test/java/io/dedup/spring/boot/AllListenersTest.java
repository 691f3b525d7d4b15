package io.dedup.spring.boot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.dedup.Deduplicator;
import io.dedup.MessageIdResolver;
import io.dedup.MessageKey;
import io.dedup.spring.DedupRabbitListenerContainerFactory;
import io.dedup.spring.Protection;
import io.dedup.test.BrokerServer;
import io.dedup.test.Database;
import io.dedup.test.ServersExtension;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import javax.sql.DataSource;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.amqp.core.Queue;
import org.springframework.amqp.rabbit.annotation.EnableRabbit;
import org.springframework.amqp.rabbit.annotation.RabbitListener;
import org.springframework.amqp.rabbit.config.SimpleRabbitListenerContainerFactory;
import org.springframework.amqp.rabbit.connection.CachingConnectionFactory;
import org.springframework.amqp.rabbit.listener.RabbitListenerContainerFactory;
import org.springframework.beans.factory.NoUniqueBeanDefinitionException;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.test.context.assertj.AssertableApplicationContext;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Primary;
import org.springframework.jdbc.datasource.DataSourceTransactionManager;

/** {@code dedup.rabbit.all-listeners=true} protects all listeners or refuses to start; it is never without effect. */
@ExtendWith(ServersExtension.class)
@Timeout(180)
class AllListenersTest {

    private final Database database;
    private final BrokerServer broker;
    private final String queue = "all-" + UUID.randomUUID();
    private ApplicationContextRunner runner;

    AllListenersTest(BrokerServer broker, Database database) {
        this.broker = broker;
        this.database = database;
    }

    @BeforeEach
    void configure() {
        runner = listening(Contexts.on(database))
                .withConfiguration(AutoConfigurations.of(BootLine.TRANSACTION_MANAGER, BootLine.RABBIT));
    }

    private ApplicationContextRunner listening(ApplicationContextRunner on) {
        return on.withConfiguration(AutoConfigurations.of(
                        DedupAllListenersAutoConfiguration.class, DedupRabbitAutoConfiguration.class))
                .withUserConfiguration(Orders.class)
                .withBean(Queue.class, () -> new Queue(queue, true))
                .withPropertyValues("queue=" + queue, "dedup.rabbit.all-listeners=true")
                .withPropertyValues(Contexts.properties(broker));
    }

    @ParameterizedTest
    @ValueSource(strings = {"true", "TRUE", "yes", "on", "1"})
    void howeverYesIsSaid(String yes) {
        runner.withPropertyValues("dedup.rabbit.all-listeners=" + yes).run(this::assertProtected);
    }

    @ParameterizedTest
    @ValueSource(classes = {PrimaryOne.class, MarkedOne.class})
    void ofSeveralDeduplicatorsTheChosenOneProtects(Class<?> deduplicators) {
        runner.withUserConfiguration(deduplicators).run(context -> {
            assertProtected(context);
            assertThat(context.getBean("chosen", Deduplicator.class).admin().processedAt(new MessageKey(queue, "a")))
                    .isPresent();
        });
    }

    @Test
    void ofSeveralDeduplicatorsNoneIsTakenByChance() {
        runner.withUserConfiguration(NoChosenOne.class)
                .run(context -> assertRefused(context, "several beans of type Deduplicator", "@Primary"));
    }

    @Test
    void withoutADataSource() {
        listening(Contexts.withoutDataSource())
                .withConfiguration(AutoConfigurations.of(BootLine.RABBIT))
                .run(context ->
                        assertRefused(context, "no bean of type DataSource", "dedup.rabbit.all-listeners=false"));
    }

    @Test
    void withoutATransactionManager() {
        listening(Contexts.on(database))
                .withConfiguration(AutoConfigurations.of(BootLine.RABBIT))
                .run(context -> assertRefused(
                        context, "no bean of type PlatformTransactionManager", "dedup.rabbit.all-listeners=false"));
    }

    @Test
    void ofSeveralProtectionsNoneIsTakenByChance() {
        runner.withBean("one", Protection.class, this::protection)
                .withBean("two", Protection.class, this::protection)
                .run(context -> assertRefused(context, "several beans of type Protection", "@Primary"));
    }

    @Test
    void ofSeveralMessageIdResolversNoneIsLeftOut() {
        runner.withBean("one", MessageIdResolver.class, MessageIdResolver::property)
                .withBean("two", MessageIdResolver.class, MessageIdResolver::property)
                .run(context -> assertThat(context)
                        .getFailure()
                        .rootCause()
                        .isInstanceOf(NoUniqueBeanDefinitionException.class)
                        .hasMessageContaining("MessageIdResolver"));
    }

    private Protection protection() {
        DataSource dataSource = database.dataSource();
        return Protection.of(Deduplicator.create(dataSource), new DataSourceTransactionManager(dataSource), dataSource);
    }

    @Test
    void withoutBootsRabbitAutoConfiguration() {
        listening(Contexts.on(database))
                .withConfiguration(AutoConfigurations.of(BootLine.TRANSACTION_MANAGER))
                .withBean(com.rabbitmq.client.ConnectionFactory.class, broker::connectionFactory)
                .withUserConfiguration(OwnRabbit.class)
                .run(this::assertProtected);
    }

    @Test
    void aContainerFactoryThatTakesNoAdviceIsRefused() {
        runner.withBean(
                        "rabbitListenerContainerFactory",
                        RabbitListenerContainerFactory.class,
                        () -> endpoint -> new SimpleRabbitListenerContainerFactory().createListenerContainer(endpoint))
                .run(context -> assertRefused(context, "container factory", "DedupRabbitListenerContainerFactory"));
    }

    private void assertProtected(AssertableApplicationContext context) {
        assertThat(context).hasNotFailed();
        Contexts.send(broker, queue, "a", "a", "last");
        List<String> heard = context.getBean(Orders.class).heard;
        await().until(() -> heard.contains("last"));
        assertThat(heard).containsExactly("a", "last");
    }

    private static void assertRefused(AssertableApplicationContext context, String reason, String action) {
        assertThat(context).hasFailed();
        String[] analysis = Contexts.analysisOf(context.getStartupFailure()).split("Action: ", 2);
        assertThat(analysis).hasSize(2);
        assertThat(analysis[0]).contains(reason);
        assertThat(analysis[1]).contains(action);
    }

    @Configuration(proxyBeanMethods = false)
    static class Orders {
        private final List<String> heard = new CopyOnWriteArrayList<>();

        @RabbitListener(queues = "${queue}")
        void on(String body) {
            heard.add(body);
        }
    }

    @Configuration(proxyBeanMethods = false)
    static class PrimaryOne extends Other {

        @Bean
        @Primary
        Deduplicator chosen(DataSource dataSource) {
            return Deduplicator.create(dataSource);
        }
    }

    @Configuration(proxyBeanMethods = false)
    static class MarkedOne extends Other {

        @Bean
        @DedupDataSource
        Deduplicator chosen(DataSource dataSource) {
            return Deduplicator.create(dataSource);
        }
    }

    @Configuration(proxyBeanMethods = false)
    static class NoChosenOne extends Other {

        @Bean
        Deduplicator second(DataSource dataSource) {
            return Deduplicator.create(dataSource);
        }
    }

    abstract static class Other {

        @Bean
        Deduplicator other(DataSource dataSource) {
            return Deduplicator.builder(dataSource).table("others").build();
        }
    }

    /** As without Boot: the connection factory is nobody's bean. */
    @Configuration(proxyBeanMethods = false)
    @EnableRabbit
    static class OwnRabbit {

        @Bean
        DedupRabbitListenerContainerFactory rabbitListenerContainerFactory(
                Protection protection, com.rabbitmq.client.ConnectionFactory rabbit, Queue queue) throws Exception {
            var connections = new CachingConnectionFactory(rabbit);
            try (var connection = connections.createConnection();
                    var channel = connection.createChannel(false)) {
                channel.queueDeclare(queue.getName(), true, false, false, null);
            }
            var factory = new DedupRabbitListenerContainerFactory(protection);
            factory.setConnectionFactory(connections);
            return factory;
        }
    }
}
