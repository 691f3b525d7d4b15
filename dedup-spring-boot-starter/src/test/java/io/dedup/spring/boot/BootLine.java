package io.dedup.spring.boot;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.InputStream;
import java.net.URL;
import java.util.List;
import java.util.Map;
import org.springframework.boot.SpringBootVersion;
import org.springframework.boot.json.JsonParserFactory;
import org.springframework.context.ApplicationContext;

/** What has other names in Boot 3 and 4: each test runs on both, compiled anew. */
final class BootLine {

    static final boolean BOOT_3 = SpringBootVersion.getVersion().startsWith("3.");

    static final Class<?> RABBIT = boots("amqp.autoconfigure.", "autoconfigure.amqp.", "RabbitAutoConfiguration");
    static final Class<?> DATA_SOURCE =
            boots("jdbc.autoconfigure.", "autoconfigure.jdbc.", "DataSourceAutoConfiguration");
    static final Class<?> TRANSACTION_MANAGER =
            boots("jdbc.autoconfigure.", "autoconfigure.jdbc.", "DataSourceTransactionManagerAutoConfiguration");
    static final Class<?> FLYWAY = boots("flyway.autoconfigure.", "autoconfigure.flyway.", "FlywayAutoConfiguration");
    static final List<Class<?>> METERS = List.of(
            metrics("MetricsAutoConfiguration"),
            metrics("export.simple.SimpleMetricsExportAutoConfiguration"),
            metrics("CompositeMeterRegistryAutoConfiguration"),
            boots(
                    "micrometer.observation.autoconfigure.",
                    "actuate.autoconfigure.observation.",
                    "ObservationAutoConfiguration"));

    /** What each line of Boot has of the library's own. */
    static final List<Class<?>> LIBRARY = List.of(
            library("Boot4HealthAutoConfiguration", "compat.Boot3HealthAutoConfiguration"),
            library("Boot4RabbitAutoConfiguration", "compat.Boot3RabbitAutoConfiguration"));

    /** How often a message is tried: the property counts the first time in Boot 3 only. */
    static String retries(int retries) {
        String property = "spring.rabbitmq.listener.simple.retry.";
        return BOOT_3 ? property + "max-attempts=" + (retries + 1) : property + "max-retries=" + retries;
    }

    private BootLine() {}

    private static Class<?> metrics(String name) {
        return boots("micrometer.metrics.autoconfigure.", "actuate.autoconfigure.metrics.", name);
    }

    private static Class<?> boots(String four, String three, String name) {
        return load("org.springframework.boot." + (BOOT_3 ? three : four) + name);
    }

    private static Class<?> library(String four, String three) {
        return load("io.dedup.spring.boot." + (BOOT_3 ? three : four));
    }

    private static Class<?> load(String name) {
        try {
            return Class.forName(name);
        } catch (ClassNotFoundException e) {
            throw new IllegalStateException(e);
        }
    }

    /** The properties of a module's metadata, read by the Jackson that each line of Boot brings. */
    @SuppressWarnings("unchecked")
    static List<Map<String, Object>> properties(URL metadata) throws IOException {
        try (InputStream json = metadata.openStream()) {
            String text = new String(json.readAllBytes(), UTF_8);
            return (List<Map<String, Object>>)
                    JsonParserFactory.getJsonParser().parseMap(text).get("properties");
        }
    }

    /** What a health indicator says. */
    record Health(String status, Map<?, ?> details) {

        static boolean isIn(ApplicationContext context) {
            return context.containsBean("dedupHealthContributor");
        }

        static Health of(ApplicationContext context) {
            Object health = call(context.getBean("dedupHealthContributor"), "health");
            return new Health(String.valueOf(call(health, "getStatus")), (Map<?, ?>) call(health, "getDetails"));
        }

        private static Object call(Object target, String method) {
            try {
                return target.getClass().getMethod(method).invoke(target);
            } catch (ReflectiveOperationException e) {
                throw new IllegalStateException(e);
            }
        }
    }
}
