package io.dedup.spring.boot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.dedup.test.BrokerServer;
import io.dedup.test.Database;
import io.dedup.test.ServersExtension;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.amqp.core.Queue;
import org.springframework.amqp.rabbit.annotation.RabbitHandler;
import org.springframework.amqp.rabbit.annotation.RabbitListener;
import org.springframework.amqp.rabbit.config.SimpleRabbitListenerContainerFactory;
import org.springframework.amqp.rabbit.connection.ConnectionFactory;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** One listener can be left out of all of them, the others stay protected, and the log says so. */
@ExtendWith(ServersExtension.class)
@Timeout(120)
class UnprotectedListenersTest {

    private final BrokerServer broker;
    private final String queue = "out-" + UUID.randomUUID();
    private final String audit = queue + ".audit";
    private final ApplicationContextRunner runner;

    UnprotectedListenersTest(Database database, BrokerServer broker) {
        this.broker = broker;
        this.runner = Contexts.listening(database, broker, queue)
                .withUserConfiguration(Orders.class)
                .withBean("auditQueue", Queue.class, () -> new Queue(audit, true))
                .withPropertyValues("dedup.rabbit.all-listeners=true", "audit=" + audit);
    }

    @ParameterizedTest
    @ValueSource(strings = {"auditor", "${audit}"})
    void byItsIdOrItsQueue(String name) {
        assertOnlyAuditIsUnprotected(
                runner.withUserConfiguration(Named.class).withPropertyValues("dedup.rabbit.unprotected=" + name));
    }

    @ParameterizedTest
    @ValueSource(strings = {"simple", "direct"})
    void inBothKindsOfContainers(String type) {
        assertOnlyAuditIsUnprotected(runner.withUserConfiguration(Named.class)
                .withPropertyValues("dedup.rabbit.unprotected=auditor", "spring.rabbitmq.listener.type=" + type));
    }

    @ParameterizedTest
    @ValueSource(classes = {OnMethod.class, OnClass.class, OwnFactory.class})
    void byAnnotation(Class<?> listener) {
        assertOnlyAuditIsUnprotected(runner.withUserConfiguration(listener));
    }

    private void assertOnlyAuditIsUnprotected(ApplicationContextRunner application) {
        application.run(context -> {
            assertThat(context).hasNotFailed();
            Contexts.send(broker, queue, "a", "a", "last");
            Contexts.send(broker, audit, "a", "a", "last");
            List<String> orders = context.getBean(Orders.class).heard;
            List<String> audited = context.getBean(Audit.class).heard;
            await().until(() -> orders.contains("last") && audited.contains("last"));
            assertThat(orders).containsExactly("a", "last");
            assertThat(audited).containsExactly("a", "a", "last");
        });
    }

    @Test
    void aNameThatNoListenerHasIsSaid() {
        runner.withPropertyValues("dedup.rabbit.unprotected=odrers").run(context -> {
            assertThat(context).hasNotFailed();
            assertThat(context.getBean(ListenerCheck.class).unknown()).containsExactly("odrers");
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

    abstract static class Audit {
        final List<String> heard = new CopyOnWriteArrayList<>();
    }

    @Configuration(proxyBeanMethods = false)
    static class Named extends Audit {

        @RabbitListener(id = "auditor", queues = "${audit}")
        void on(String body) {
            heard.add(body);
        }
    }

    @Configuration(proxyBeanMethods = false)
    static class OnMethod extends Audit {

        @RabbitListener(queues = "${audit}")
        @UnprotectedListener
        void on(String body) {
            heard.add(body);
        }
    }

    @Configuration(proxyBeanMethods = false)
    @RabbitListener(queues = "${audit}")
    @UnprotectedListener
    static class OnClass extends Audit {

        @RabbitHandler
        void on(String body) {
            heard.add(body);
        }
    }

    /** A factory of the application's own, for this one listener. */
    @Configuration(proxyBeanMethods = false)
    static class OwnFactory extends Audit {

        @Bean
        static SimpleRabbitListenerContainerFactory own(ConnectionFactory connectionFactory) {
            var factory = new SimpleRabbitListenerContainerFactory();
            factory.setConnectionFactory(connectionFactory);
            return factory;
        }

        @RabbitListener(queues = "${audit}", containerFactory = "own")
        @UnprotectedListener
        void on(String body) {
            heard.add(body);
        }
    }
}
