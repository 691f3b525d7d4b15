package io.dedup.spring.boot;

import static org.assertj.core.api.Assertions.assertThat;

import io.dedup.spring.DedupRabbitListener;
import io.dedup.test.Database;
import io.dedup.test.ServersExtension;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.net.URL;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.aopalliance.aop.Advice;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.amqp.core.AcknowledgeMode;
import org.springframework.amqp.rabbit.config.AbstractRabbitListenerContainerFactory;
import org.springframework.amqp.rabbit.config.ContainerCustomizer;
import org.springframework.amqp.rabbit.config.SimpleRabbitListenerEndpoint;
import org.springframework.amqp.rabbit.listener.AbstractMessageListenerContainer;
import org.springframework.amqp.rabbit.listener.DirectMessageListenerContainer;
import org.springframework.amqp.rabbit.listener.SimpleMessageListenerContainer;
import org.springframework.amqp.rabbit.support.micrometer.RabbitListenerObservation.DefaultRabbitListenerObservationConvention;
import org.springframework.amqp.rabbit.support.micrometer.RabbitListenerObservationConvention;
import org.springframework.amqp.support.converter.MessageConverter;
import org.springframework.amqp.support.converter.SimpleMessageConverter;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** Whatever can be set for Boot's listeners, each property that its metadata knows, holds for protected ones alike. */
@ExtendWith(ServersExtension.class)
class BootSettingsTest {

    private final Database database;

    BootSettingsTest(Database database) {
        this.database = database;
    }

    @ParameterizedTest
    @ValueSource(strings = {"simple", "direct"})
    void aContainerIsAsBootsOwn(String type) throws Exception {
        List<String> settings = everyProperty("spring.rabbitmq.listener." + type + ".");
        assertThat(settings).hasSizeGreaterThan(12);
        ApplicationContextRunner runner = Contexts.on(database)
                .withConfiguration(AutoConfigurations.of(
                        BootLine.TRANSACTION_MANAGER,
                        BootLine.RABBIT,
                        DedupAllListenersAutoConfiguration.class,
                        DedupRabbitAutoConfiguration.class))
                .withUserConfiguration(Customized.class)
                .withPropertyValues("spring.rabbitmq.listener.type=" + type, "spring.threads.virtual.enabled=true")
                .withPropertyValues(settings.toArray(String[]::new));
        Map<String, String> boots = new TreeMap<>();
        List<Class<?>> advice = new ArrayList<>();
        runner.run(context -> {
            Object factory = context.getBean("rabbitListenerContainerFactory");
            boots.putAll(settings(container(factory)));
            advice.addAll(advice(factory));
            assertAsBoots(context.getBean(DedupRabbitListener.CONTAINER_FACTORY), boots, advice);
        });
        runner.withPropertyValues("dedup.rabbit.all-listeners=true").run(context -> {
            assertAsBoots(context.getBean("rabbitListenerContainerFactory"), boots, advice);
            assertAsBoots(context.getBean(DedupRabbitListener.CONTAINER_FACTORY), boots, advice);
        });
    }

    private static void assertAsBoots(Object ours, Map<String, String> boots, List<Class<?>> advice)
            throws IllegalAccessException {
        assertThat(ours.getClass().getPackageName()).isEqualTo("io.dedup.spring");
        assertThat(settings(container(ours)))
                .isEqualTo(boots)
                .containsEntry("prefetchCount", "6")
                .containsEntry("lookupKeyQualifier", "customized");
        assertThat(advice(ours)).isEqualTo(advice).hasSize(1);
    }

    /** One that is not the default. */
    private static List<String> everyProperty(String prefix) throws Exception {
        List<String> settings = new ArrayList<>();
        for (URL url : Collections.list(
                BootSettingsTest.class.getClassLoader().getResources("META-INF/spring-configuration-metadata.json"))) {
            for (Map<String, Object> property : BootLine.properties(url)) {
                String name = String.valueOf(property.get("name"));
                if (name.startsWith(prefix) && !property.containsKey("deprecation")) {
                    settings.add(name + "=" + another(name, property));
                }
            }
        }
        return settings;
    }

    private static String another(String name, Map<String, Object> property) {
        if (name.endsWith(".retry.enabled")) {
            return "true";
        }
        String type = String.valueOf(property.get("type"));
        return switch (type) {
            case "java.lang.Boolean" -> String.valueOf(Boolean.FALSE.equals(property.get("defaultValue")));
            case "java.lang.Integer", "java.lang.Long" -> name.endsWith(".max-concurrency") ? "7" : "6";
            case "java.lang.Double" -> "1.5";
            case "java.time.Duration" -> "9s";
            case "org.springframework.amqp.core.AcknowledgeMode" -> AcknowledgeMode.MANUAL.name();
            default -> throw new IllegalStateException("a new kind of property: " + name + ", " + type);
        };
    }

    private static Object container(Object factory) {
        SimpleRabbitListenerEndpoint endpoint = new SimpleRabbitListenerEndpoint();
        endpoint.setId("settings");
        endpoint.setMessageListener(message -> {});
        return ((AbstractRabbitListenerContainerFactory<?>) factory).createListenerContainer(endpoint);
    }

    private static List<Class<?>> advice(Object factory) {
        Advice[] chain = ((AbstractRabbitListenerContainerFactory<?>) factory).getAdviceChain();
        List<Class<?>> classes = new ArrayList<>();
        for (Advice advice : chain) {
            classes.add(advice.getClass());
        }
        return classes;
    }

    /** What is simple by its value, and what is not by its class; of Spring's classes, since ours add to them. */
    private static Map<String, String> settings(Object container) throws IllegalAccessException {
        Map<String, String> settings = new TreeMap<>();
        for (Class<?> type = container.getClass(); type != null; type = type.getSuperclass()) {
            for (Field field : type.getDeclaredFields()) {
                if (type.getName().startsWith("org.springframework") && !Modifier.isStatic(field.getModifiers())) {
                    field.setAccessible(true);
                    settings.put(field.getName(), value(field.get(container)));
                }
            }
        }
        settings.keySet().removeAll(Set.of("lastReceive", "errorHandlerLoggerName")); // the time, the class
        return settings;
    }

    private static String value(Object value) {
        if (value == null) {
            return "null";
        }
        boolean simple = value instanceof Number
                || value instanceof Boolean
                || value instanceof String
                || value instanceof Enum
                || value instanceof Map;
        return simple ? value.toString() : value.getClass().getName().replaceAll("\\$\\$Lambda.*|/0x.*", "");
    }

    @Configuration(proxyBeanMethods = false)
    static class Customized {

        @Bean
        MessageConverter converter() {
            return new SimpleMessageConverter();
        }

        @Bean
        RabbitListenerObservationConvention convention() {
            return new DefaultRabbitListenerObservationConvention() {};
        }

        @Bean
        ContainerCustomizer<SimpleMessageListenerContainer> simple() {
            return Customized::customize;
        }

        @Bean
        ContainerCustomizer<DirectMessageListenerContainer> direct() {
            return Customized::customize;
        }

        private static void customize(AbstractMessageListenerContainer container) {
            container.setLookupKeyQualifier("customized");
        }
    }
}
