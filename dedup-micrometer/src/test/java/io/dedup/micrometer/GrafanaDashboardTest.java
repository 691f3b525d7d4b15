package io.dedup.micrometer;

import static org.assertj.core.api.Assertions.assertThat;

import com.rabbitmq.client.AMQP.BasicProperties;
import io.dedup.Deduplicator;
import io.dedup.NeverRetryException;
import io.dedup.rabbit.DedupConsumer;
import io.dedup.rabbit.DedupConsumerBuilder;
import io.dedup.rabbit.Shop;
import io.dedup.test.BrokerServer;
import io.dedup.test.Database;
import io.dedup.test.ServersExtension;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The dashboard shows what the library really meters: every query finds its metric and its labels, and none is left out. */
@ExtendWith(ServersExtension.class)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(60)
class GrafanaDashboardTest {

    private static final Pattern METRIC = Pattern.compile("(dedup_\\w+)(?:\\{([^}]*)})?");
    private static final Pattern BY = Pattern.compile("by \\(([^)]*)\\)");
    private static final Pattern LABEL = Pattern.compile("(\\w+)(=~|=)\"([^\"]*)\"");
    private static final Pattern SAMPLE = Pattern.compile("(dedup_\\w+)(?:\\{(.*)})? \\S+");

    private final PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);

    /** By metric, label and value. */
    private final Map<String, Map<String, Set<String>>> metered = new TreeMap<>();

    @BeforeAll
    void letTheLibraryRun(BrokerServer broker, Database database) throws Exception {
        try (Shop shop = new Shop(broker, database)) {
            Deduplicator dedup = Deduplicator.builder(shop.pool)
                    .listener(new DedupMetrics(registry))
                    .build();
            DedupConsumerBuilder builder = DedupConsumer.builder(shop.connection, shop.publishing, dedup, shop.queue)
                    .listener(new DeliveryMetrics(registry, dedup));
            try (TableMetrics table = new TableMetrics(dedup);
                    DedupConsumer consumer = builder.start((tx, delivery) -> {
                        if (delivery.getBody().length == 0) {
                            throw new NeverRetryException("empty");
                        }
                    })) {
                table.bindTo(registry);
                shop.publish("a");
                shop.publish("a");
                shop.publish(new BasicProperties.Builder().messageId("empty").build(), "");
                dedup.admin().purge(Duration.ofDays(1));
                Shop.eventually().until(() -> registry.scrape().contains("dedup_dead_letters_total"));
                Shop.eventually()
                        .until(() -> registry.get("dedup.table.rows").gauge().value() >= 0);
            }
        }
        registry.scrape()
                .lines()
                .map(SAMPLE::matcher)
                .filter(sample -> sample.matches())
                .forEach(sample -> {
                    Map<String, Set<String>> labels = metered.computeIfAbsent(sample.group(1), m -> new TreeMap<>());
                    if (sample.group(2) != null) {
                        LABEL.matcher(sample.group(2))
                                .results()
                                .forEach(label -> labels.computeIfAbsent(label.group(1), l -> new TreeSet<>())
                                        .add(label.group(3)));
                    }
                });
    }

    @AfterAll
    void close() {
        registry.close();
    }

    @Test
    void everyQueryFindsItsMetricWithItsLabels() {
        List<String> queries = queries();
        assertThat(queries).hasSizeGreaterThan(10);
        queries.forEach(this::check);
    }

    @Test
    void everyMetricIsShown() {
        Set<String> shown = new TreeSet<>();
        queries()
                .forEach(
                        query -> METRIC.matcher(query).results().forEach(metric -> shown.add(family(metric.group(1)))));
        assertThat(metered.keySet().stream().map(GrafanaDashboardTest::family)).allMatch(shown::contains);
    }

    private void check(String query) {
        METRIC.matcher(query).results().forEach(metric -> {
            Map<String, Set<String>> labels = metered.get(metric.group(1));
            assertThat(labels)
                    .as("%s of %s, among %s", metric.group(1), query, metered.keySet())
                    .isNotNull();
            BY.matcher(query)
                    .results()
                    .flatMap(by -> Arrays.stream(by.group(1).split(", ")))
                    .forEach(label -> assertThat(labels).as(query).containsKey(label));
            if (metric.group(2) != null) {
                LABEL.matcher(metric.group(2)).results().forEach(label -> {
                    assertThat(labels).as(query).containsKey(label.group(1));
                    if (label.group(2).equals("=")) {
                        assertThat(labels.get(label.group(1))).as(query).contains(label.group(3));
                    }
                });
            }
        });
    }

    private static String family(String metric) {
        return metric.replaceAll("_(count|sum|max|bucket)$", "");
    }

    private static List<String> queries() {
        JsonNode dashboard = JsonMapper.shared().readTree(Path.of("../docs/grafana/dedup.json"));
        Set<String> queries = new HashSet<>(dashboard.findValuesAsString("expr"));
        dashboard.findValuesAsString("query").stream()
                .filter(q -> q.contains("dedup"))
                .forEach(queries::add);
        return List.copyOf(queries);
    }
}
