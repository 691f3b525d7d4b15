package io.dedup.spring.boot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.dedup.spring.DedupDirectRabbitListenerContainerFactory;
import io.dedup.spring.DedupRabbitListenerContainerFactory;
import io.dedup.spring.Protection;
import io.dedup.spring.boot.compat.FactorySettings;
import io.dedup.test.BrokerServer;
import io.dedup.test.Database;
import io.dedup.test.ServersExtension;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.amqp.core.AcknowledgeMode;
import org.springframework.amqp.rabbit.annotation.RabbitListener;
import org.springframework.amqp.rabbit.config.DirectRabbitListenerContainerFactory;
import org.springframework.amqp.rabbit.config.SimpleRabbitListenerContainerFactory;
import org.springframework.amqp.rabbit.connection.ConnectionFactory;
import org.springframework.amqp.rabbit.listener.RabbitListenerEndpointRegistry;
import org.springframework.amqp.support.converter.MessageConverter;
import org.springframework.amqp.support.converter.SimpleMessageConverter;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/**
 * Applications with a container factory of their own, the most usual customisation, are refused with the bean method to
 * write; with that method, and what they set, they start, and are protected.
 */
@ExtendWith(ServersExtension.class)
@Timeout(120)
class OwnContainerFactoryTest {

    private final Database database;
    private final BrokerServer broker;
    private final String queue = "own-" + UUID.randomUUID();
    private ApplicationContextRunner runner;

    OwnContainerFactoryTest(Database database, BrokerServer broker) {
        this.database = database;
        this.broker = broker;
    }

    @BeforeEach
    void configure() {
        runner = Contexts.listening(database, broker, queue)
                .withUserConfiguration(Orders.class)
                .withPropertyValues("dedup.rabbit.all-listeners=true");
    }

    @ParameterizedTest
    @CsvSource({
        "WithConverter, DedupRabbitListenerContainerFactory, Simple, rabbitListenerContainerFactory",
        "WithoutConfigurer, DedupRabbitListenerContainerFactory, Simple, rabbitListenerContainerFactory",
        "Direct, DedupDirectRabbitListenerContainerFactory, Direct, rabbitListenerContainerFactory"
    })
    void itIsRefusedWithTheMethodToWrite(String application, String type, String kind, String name) throws Exception {
        runner.withUserConfiguration(Class.forName(getClass().getName() + "$" + application))
                .run(context -> {
                    assertThat(context).hasFailed();
                    String[] analysis =
                            Contexts.analysisOf(context.getStartupFailure()).split("Action: ", 2);
                    assertThat(analysis[0])
                            .contains("dedup cannot protect this listener")
                            .contains(queue)
                            .contains("has the container factory " + name);
                    assertThat(analysis[1])
                            .contains(type + " " + name + "(")
                            .contains(kind + "RabbitListenerContainerFactoryConfigurer configurer")
                            .contains("new " + type + "(protection)")
                            .contains("configurer.configure(factory, connectionFactory)")
                            .contains("dedup.rabbit.unprotected");
                });
    }

    @ParameterizedTest
    @CsvSource({"WithConverter", "WithoutConfigurer", "Direct"})
    void withThatMethodItIsProtectedAndKeepsItsSettings(String application) throws Exception {
        runner.withUserConfiguration(Class.forName(getClass().getName() + "$" + application + "AsRefused"))
                .run(context -> {
                    assertThat(context).hasNotFailed();
                    Contexts.send(broker, queue, "a", "a", "last");
                    List<String> heard = context.getBean(Orders.class).heard;
                    await().until(() -> heard.contains("last"));
                    assertThat(heard).containsExactly("a", "last");
                    assertThat(context.getBean(RabbitListenerEndpointRegistry.class)
                                    .getListenerContainers())
                            .singleElement()
                            .extracting("consumerTagStrategy")
                            .isNotNull();
                });
    }

    @Configuration(proxyBeanMethods = false)
    static class Orders {

        private final List<String> heard = new CopyOnWriteArrayList<>();

        @RabbitListener(queues = "${queue}")
        void on(String body) {
            heard.add(body);
        }
    }

    /** As Boot's reference documentation shows it. */
    @Configuration(proxyBeanMethods = false)
    static class WithConverter {

        @Bean
        SimpleRabbitListenerContainerFactory rabbitListenerContainerFactory(
                FactorySettings boots, ConnectionFactory connectionFactory) {
            return set(boots, connectionFactory, new SimpleRabbitListenerContainerFactory());
        }

        static <F extends SimpleRabbitListenerContainerFactory> F set(
                FactorySettings boots, ConnectionFactory connections, F factory) {
            boots.configure(factory, connections);
            factory.setMessageConverter(converter());
            factory.setConsumerTagStrategy(queue -> "own " + UUID.randomUUID());
            return factory;
        }

        private static MessageConverter converter() {
            return new SimpleMessageConverter();
        }
    }

    @Configuration(proxyBeanMethods = false)
    static class WithConverterAsRefused {

        @Bean
        DedupRabbitListenerContainerFactory rabbitListenerContainerFactory(
                Protection protection, FactorySettings boots, ConnectionFactory connectionFactory) {
            return WithConverter.set(boots, connectionFactory, new DedupRabbitListenerContainerFactory(protection));
        }
    }

    /** As tutorials show it. */
    @Configuration(proxyBeanMethods = false)
    static class WithoutConfigurer {

        @Bean
        SimpleRabbitListenerContainerFactory rabbitListenerContainerFactory(ConnectionFactory connectionFactory) {
            return set(connectionFactory, new SimpleRabbitListenerContainerFactory());
        }

        static <F extends SimpleRabbitListenerContainerFactory> F set(ConnectionFactory connections, F factory) {
            factory.setConnectionFactory(connections);
            factory.setPrefetchCount(20);
            factory.setAcknowledgeMode(AcknowledgeMode.MANUAL);
            factory.setConsumerTagStrategy(queue -> "own " + UUID.randomUUID());
            return factory;
        }
    }

    @Configuration(proxyBeanMethods = false)
    static class WithoutConfigurerAsRefused {

        @Bean
        DedupRabbitListenerContainerFactory rabbitListenerContainerFactory(
                Protection protection, ConnectionFactory connectionFactory) {
            return WithoutConfigurer.set(connectionFactory, new DedupRabbitListenerContainerFactory(protection));
        }
    }

    @Configuration(proxyBeanMethods = false)
    static class Direct {

        @Bean
        DirectRabbitListenerContainerFactory rabbitListenerContainerFactory(
                FactorySettings boots, ConnectionFactory connectionFactory) {
            return set(boots, connectionFactory, new DirectRabbitListenerContainerFactory());
        }

        static <F extends DirectRabbitListenerContainerFactory> F set(
                FactorySettings boots, ConnectionFactory connections, F factory) {
            boots.configure(factory, connections);
            factory.setConsumersPerQueue(2);
            factory.setConsumerTagStrategy(queue -> "own " + UUID.randomUUID());
            return factory;
        }
    }

    @Configuration(proxyBeanMethods = false)
    static class DirectAsRefused {

        @Bean
        DedupDirectRabbitListenerContainerFactory rabbitListenerContainerFactory(
                Protection protection, FactorySettings boots, ConnectionFactory connectionFactory) {
            return Direct.set(boots, connectionFactory, new DedupDirectRabbitListenerContainerFactory(protection));
        }
    }
}
