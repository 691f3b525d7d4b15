package io.dedup.spring.boot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.dedup.DedupListener;
import io.dedup.Deduplicator;
import io.dedup.MessageKey;
import io.dedup.Result;
import io.dedup.spring.DedupDirectRabbitListenerContainerFactory;
import io.dedup.spring.DedupRabbitListener;
import io.dedup.spring.DedupRabbitListenerContainerFactory;
import io.dedup.spring.Protection;
import io.dedup.test.BrokerServer;
import io.dedup.test.Database;
import io.dedup.test.ServersExtension;
import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationHandler;
import io.micrometer.observation.ObservationRegistry;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import javax.sql.DataSource;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.amqp.core.MessageProperties;
import org.springframework.amqp.rabbit.annotation.RabbitListener;
import org.springframework.amqp.rabbit.core.RabbitTemplate;
import org.springframework.amqp.rabbit.listener.RabbitListenerEndpointRegistry;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.ApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Primary;
import org.springframework.jdbc.datasource.DriverManagerDataSource;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.PlatformTransactionManager;

@ExtendWith(ServersExtension.class)
@Timeout(180)
class DedupRabbitAutoConfigurationTest {

    private final Database database;
    private final BrokerServer broker;
    private final String queue = "boot-" + UUID.randomUUID();
    private ApplicationContextRunner runner;

    DedupRabbitAutoConfigurationTest(BrokerServer broker, Database database) {
        this.broker = broker;
        this.database = database;
    }

    @BeforeEach
    void configure() {
        runner = Contexts.listening(database, broker, queue).withBean(Heard.class);
    }

    @Test
    void aListenerOfTheContainerFactoryIsProtected() {
        runner.withUserConfiguration(Chosen.class).run(context -> {
            assertThat(context).hasSingleBean(DedupRabbitListenerContainerFactory.class);
            twice(context, "a");
            assertThat(context.getBean(Heard.class).bodies).containsExactly("a", "last");
        });
    }

    @Test
    void inADirectContainerToo() {
        runner.withUserConfiguration(Chosen.class)
                .withPropertyValues("spring.rabbitmq.listener.type=direct")
                .run(context -> {
                    assertThat(context).hasSingleBean(DedupDirectRabbitListenerContainerFactory.class);
                    twice(context, "a");
                    assertThat(context.getBean(Heard.class).bodies).containsExactly("a", "last");
                });
    }

    @Test
    void anyListenerIsProtectedWhereThatIsAskedFor() {
        runner.withUserConfiguration(Plain.class)
                .withPropertyValues("dedup.rabbit.all-listeners=true")
                .run(context -> {
                    twice(context, "a");
                    assertThat(context.getBean(Heard.class).bodies).containsExactly("a", "last");
                });
    }

    @Test
    void andNoneWhereItIsNot() {
        runner.withUserConfiguration(Plain.class).run(context -> {
            assertThat(context).doesNotHaveBean(CheckedRegistry.class);
            twice(context, "a");
            assertThat(context.getBean(Heard.class).bodies).containsExactly("a", "a", "last");
        });
    }

    @Test
    void theListenersSettingsOfBootHoldHereToo() {
        runner.withUserConfiguration(Chosen.class)
                .withPropertyValues(
                        "spring.rabbitmq.listener.simple.prefetch=7",
                        "spring.rabbitmq.listener.simple.retry.enabled=true",
                        BootLine.retries(2),
                        "spring.rabbitmq.listener.simple.retry.initial-interval=10ms")
                .run(context -> {
                    Heard heard = context.getBean(Heard.class);
                    heard.failures.add("a");
                    heard.failures.add("a");
                    send(context, "a", properties -> properties.setMessageId("a"));
                    await().untilAsserted(() -> assertThat(heard.bodies).containsExactly("a"));
                    assertThat(heard.failures).isEmpty();
                    assertThat(context.getBean(RabbitListenerEndpointRegistry.class)
                                    .getListenerContainers())
                            .singleElement()
                            .extracting("prefetchCount")
                            .isEqualTo(7);
                });
    }

    @Test
    void thePropertiesReachTheProtection() {
        List<String> told = new CopyOnWriteArrayList<>();
        DedupListener listener = new DedupListener() {
            @Override
            public void onDelivery(Result result, boolean redelivered) {
                told.add(result.key() + " " + result.outcome() + " " + redelivered);
            }

            @Override
            public void onDeadLetter(String consumer, String reason) {
                told.add(consumer + " dead");
            }
        };
        runner.withUserConfiguration(Chosen.class)
                .withBean(DedupListener.class, () -> listener)
                .withPropertyValues(
                        "dedup.rabbit.consumer=billing",
                        "dedup.rabbit.message-id=property, header:x-event-id",
                        "dedup.rabbit.max-attempts=2",
                        "dedup.rabbit.pause.first=10ms")
                .run(context -> {
                    Heard heard = context.getBean(Heard.class);
                    send(context, "a", properties -> properties.setHeader("x-event-id", "1"));
                    send(context, "a", properties -> properties.setHeader("x-event-id", "1"));
                    await().untilAsserted(() ->
                            assertThat(told).containsExactly("billing/1 PROCESSED false", "billing/1 DUPLICATE false"));
                    assertThat(context.getBean(Deduplicator.class).admin().processedAt(new MessageKey("billing", "1")))
                            .isPresent();
                    told.clear();
                    heard.failures.addAll(List.of("b", "b", "b"));
                    send(context, "b", properties -> properties.setMessageId("2"));
                    await().untilAsserted(() -> assertThat(told)
                            .containsExactly("billing/2 FAILED false", "billing/2 FAILED false", "billing dead"));
                });
    }

    @Test
    void aMessageWithoutIdIsProcessedWhereThatIsAskedFor() {
        runner.withUserConfiguration(Chosen.class)
                .withPropertyValues("dedup.rabbit.on-missing-id=process-unprotected")
                .run(context -> {
                    send(context, "a", properties -> {});
                    send(context, "a", properties -> {});
                    await().untilAsserted(() ->
                            assertThat(context.getBean(Heard.class).bodies).containsExactly("a", "a"));
                });
    }

    @Test
    void anApplicationsOwnProtectionIsTaken() {
        runner.withUserConfiguration(Chosen.class, OwnProtection.class).run(context -> {
            assertThat(context).hasSingleBean(Protection.class);
            twice(context, "a");
            assertThat(context.getBean(Deduplicator.class).admin().processedAt(new MessageKey("its own", "a")))
                    .isPresent();
        });
    }

    @Test
    void aSkippedDuplicateIsAnEventInTheTraceOfItsDelivery() {
        List<String> events = new CopyOnWriteArrayList<>();
        ObservationRegistry observations = ObservationRegistry.create();
        observations.observationConfig().observationHandler(new ObservationHandler<Observation.Context>() {
            @Override
            public void onEvent(Observation.Event event, Observation.Context context) {
                events.add(event.getContextualName() + " of " + context.getName());
            }

            @Override
            public boolean supportsContext(Observation.Context context) {
                return true;
            }
        });
        runner.withUserConfiguration(Chosen.class)
                .withBean(ObservationRegistry.class, () -> observations)
                .withPropertyValues("spring.rabbitmq.listener.simple.observation-enabled=true")
                .run(context -> {
                    twice(context, "a");
                    await().untilAsserted(() -> assertThat(events)
                            .containsExactly("dedup: duplicate " + queue + "/a of spring.rabbit.listener"));
                });
    }

    @Test
    void theMarkedDataSourceAndItsTransactionManagerAreTaken() {
        Database fresh = Contexts.fresh(database);
        runner.withUserConfiguration(TwoDatabases.class, Chosen.class)
                .withBean(Database.class, () -> fresh)
                .run(context -> {
                    twice(context, "a");
                    assertThat(context.getBean(Heard.class).bodies).containsExactly("a", "last");
                    assertThat(Deduplicator.create(fresh.dataSource()).admin().processedAt(new MessageKey(queue, "a")))
                            .isPresent();
                });
    }

    @Test
    void whatCannotBeProtectedIsRefusedInBootsWords() {
        runner.withUserConfiguration(Chosen.class)
                .withPropertyValues("spring.rabbitmq.listener.simple.acknowledge-mode=none")
                .run(context -> {
                    var analysis = new DedupFailureAnalyzer().analyze(context.getStartupFailure());
                    assertThat(analysis).isNotNull();
                    assertThat(analysis.getDescription())
                            .contains("AcknowledgeMode.NONE")
                            .contains(queue);
                    assertThat(analysis.getAction()).contains("spring.rabbitmq.listener.simple.acknowledge-mode=auto");
                });
        runner.withUserConfiguration(Chosen.class)
                .withPropertyValues(
                        "spring.datasource.hikari.maximum-pool-size=2", "spring.rabbitmq.listener.simple.concurrency=4")
                .run(context -> {
                    var analysis = new DedupFailureAnalyzer().analyze(context.getStartupFailure());
                    assertThat(analysis).isNotNull();
                    assertThat(analysis.getAction()).contains("maximumPoolSize");
                });
    }

    @Test
    void withoutABrokerOnlyTheDeduplicatorIsThere() {
        Contexts.on(database)
                .withConfiguration(
                        AutoConfigurations.of(BootLine.TRANSACTION_MANAGER, DedupRabbitAutoConfiguration.class))
                .run(context -> assertThat(context)
                        .hasNotFailed()
                        .hasSingleBean(Deduplicator.class)
                        .doesNotHaveBean(DedupRabbitListener.CONTAINER_FACTORY));
    }

    /** One message, and a copy of it; a last one tells when both are through. */
    private void twice(ApplicationContext context, String body) {
        send(context, body, properties -> properties.setMessageId(body));
        send(context, body, properties -> properties.setMessageId(body));
        send(context, "last", properties -> properties.setMessageId("last"));
        await().until(() -> context.getBean(Heard.class).bodies.contains("last"));
    }

    private void send(ApplicationContext context, String body, Consumer<MessageProperties> properties) {
        context.getBean(RabbitTemplate.class).convertAndSend("", queue, body, message -> {
            properties.accept(message.getMessageProperties());
            return message;
        });
    }

    static class Heard {
        final List<String> bodies = new CopyOnWriteArrayList<>();
        final List<String> failures = new CopyOnWriteArrayList<>();

        void hear(String body) {
            if (failures.remove(body)) {
                throw new IllegalStateException("out of paper");
            }
            bodies.add(body);
        }
    }

    @Configuration(proxyBeanMethods = false)
    static class Chosen {
        private final Heard heard;

        Chosen(Heard heard) {
            this.heard = heard;
        }

        @DedupRabbitListener(queues = "${queue}")
        void on(String body) {
            heard.hear(body);
        }
    }

    @Configuration(proxyBeanMethods = false)
    static class Plain {
        private final Heard heard;

        Plain(Heard heard) {
            this.heard = heard;
        }

        @RabbitListener(queues = "${queue}")
        void on(String body) {
            heard.hear(body);
        }
    }

    /** The primary one leads nowhere, and fails at the first use. */
    @Configuration(proxyBeanMethods = false)
    static class TwoDatabases {

        @Bean
        @Primary
        DataSource main() {
            return new DriverManagerDataSource("jdbc:postgresql://127.0.0.1:1/nowhere");
        }

        @Bean
        @Primary
        PlatformTransactionManager mainManager(DataSource main) {
            return new JdbcTransactionManager(main);
        }

        @Bean(defaultCandidate = false)
        @DedupDataSource
        DataSource handlers(Database database) {
            return database.dataSource();
        }

        @Bean(defaultCandidate = false)
        @DedupDataSource
        PlatformTransactionManager handlersManager(@DedupDataSource DataSource handlers) {
            return new JdbcTransactionManager(handlers);
        }
    }

    @Configuration(proxyBeanMethods = false)
    static class OwnProtection {

        @Bean
        Protection own(Deduplicator dedup, PlatformTransactionManager manager, DataSource dataSource) {
            return Protection.of(dedup, manager, dataSource).consumer("its own");
        }
    }
}
