package io.dedup.micrometer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.awaitility.Awaitility.await;

import io.dedup.Deduplicator;
import io.dedup.MessageKey;
import io.dedup.Result;
import io.dedup.Work;
import io.dedup.spi.KeyedWork;
import io.dedup.test.Database;
import io.dedup.test.ServersExtension;
import io.dedup.test.TcpProxy;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.micrometer.observation.Observation;
import io.micrometer.observation.tck.TestObservationRegistry;
import io.micrometer.observation.tck.TestObservationRegistryAssert;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import java.util.UUID;
import javax.sql.DataSource;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(ServersExtension.class)
@Timeout(60)
class MetersTest {

    private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
    private final Database database;
    private final DataSource dataSource;
    private final Deduplicator dedup;
    private final DeliveryMetrics deliveries;
    private final String consumer = "meters " + UUID.randomUUID();
    private final MessageKey key = new MessageKey(consumer, "1");

    MetersTest(Database database) {
        this.database = database;
        this.dataSource = database.dataSource();
        this.dedup = Deduplicator.builder(dataSource)
                .listener(new DedupMetrics(registry))
                .retention(Duration.ofDays(30))
                .build();
        this.deliveries = new DeliveryMetrics(registry, dedup);
    }

    @BeforeEach
    void migrate() {
        dedup.admin().migrate();
    }

    @Test
    void attemptsAreTimedByOutcomeAndTheirClaimsApart() throws Exception {
        dedup.process(key, tx -> Thread.sleep(50));
        dedup.process(key, tx -> {});
        attempt(dedup, new MessageKey(consumer, "2"), tx -> {
            throw new IllegalStateException("out of paper");
        });
        assertThat(transactions("processed")).isEqualTo(1);
        assertThat(transactions("duplicate")).isEqualTo(1);
        assertThat(transactions("failed")).isEqualTo(1);
        assertThat(registry.get("dedup.claim").tag("consumer", consumer).timer().count())
                .isEqualTo(3);
        assertThat(registry.get("dedup.claim").timer().max(java.util.concurrent.TimeUnit.MILLISECONDS))
                .as("the handler's time is not the claim's")
                .isLessThan(registry.get("dedup.transaction")
                        .tag("outcome", "processed")
                        .timer()
                        .max(java.util.concurrent.TimeUnit.MILLISECONDS));
        assertThat(registry.get("dedup.collisions").counter().count()).isZero();
    }

    /** As the listener of a consumer's builder, where the deduplicator itself has none. */
    @Test
    void theMetersAttachToASingleConsumerToo() {
        SimpleMeterRegistry own = new SimpleMeterRegistry();
        Deduplicator unmetered = Deduplicator.create(dataSource);
        unmetered
                .engine()
                .notifying(new DedupMetrics(own))
                .notifying(new DeliveryMetrics(own, unmetered))
                .attempt(new KeyedWork(key, null, tx -> {}));
        assertThat(own.get("dedup.transaction")
                        .tags("consumer", consumer)
                        .timer()
                        .count())
                .isEqualTo(1);
        unmetered.process(new MessageKey(consumer, "2"), tx -> {});
        assertThat(own.get("dedup.transaction")
                        .tags("consumer", consumer)
                        .timer()
                        .count())
                .isEqualTo(1);
    }

    private static Result attempt(Deduplicator dedup, MessageKey key, Work<?> work) {
        return dedup.engine().attempt(new KeyedWork(key, null, work));
    }

    private long transactions(String outcome) {
        return registry.get("dedup.transaction")
                .tags("consumer", consumer, "outcome", outcome)
                .timer()
                .count();
    }

    @Test
    void duplicatesAreCountedByTheirCause() {
        Result first = attempt(dedup, key, tx -> {});
        Result again = attempt(dedup, key, tx -> {});
        deliveries.onDelivery(first, false);
        deliveries.onDelivery(again, false);
        deliveries.onDelivery(again, true);
        deliveries.onDelivery(again, true);
        assertThat(deliveries("processed", "first")).isEqualTo(1);
        assertThat(deliveries("duplicate", "publisher")).isEqualTo(1);
        assertThat(deliveries("duplicate", "redelivery")).isEqualTo(2);
    }

    private double deliveries(String outcome, String cause) {
        return registry.get("dedup.deliveries")
                .tags("consumer", consumer, "outcome", outcome, "cause", cause)
                .counter()
                .count();
    }

    @Test
    void theAgeOfADuplicateIsTheTimeSinceItsProcessing() throws Exception {
        dedup.process(key, tx -> {});
        try (Connection connection = dataSource.getConnection();
                Statement update = connection.createStatement()) {
            update.execute("UPDATE processed_message SET processed_at = now() - interval '2 days' WHERE consumer = '"
                    + consumer + "'");
        }
        deliveries.onDelivery(attempt(dedup, key, tx -> {}), true);
        DistributionSummary age = registry.get("dedup.duplicate.age").summary();
        assertThat(age.count()).isEqualTo(1);
        assertThat(age.max()).isCloseTo(2 * 86_400, within(600.0));
    }

    @Test
    void aDatabaseThatIsAwayCostsTheAgeAndNothingElse() throws Exception {
        Result duplicate;
        try (TcpProxy proxy = TcpProxy.to(database.host(), database.port())) {
            Deduplicator through = Deduplicator.create(database.through(proxy).dataSource());
            through.process(key, tx -> {});
            duplicate = attempt(through, key, tx -> {});
            proxy.refuse();
            new DeliveryMetrics(registry, through).onDelivery(duplicate, true);
        }
        assertThat(deliveries("duplicate", "redelivery")).isEqualTo(1);
        assertThat(registry.find("dedup.duplicate.age").summary()).isNull();
    }

    @Test
    void theTableIsLookedAtNowAndThenAndNaNWhileItCannotBe() throws Exception {
        dedup.process(key, tx -> {});
        dedup.engine().recordFailure(new MessageKey(consumer, "2"), new IllegalStateException("out of paper"));
        try (TcpProxy proxy = TcpProxy.to(database.host(), database.port())) {
            Deduplicator through = Deduplicator.builder(database.through(proxy).dataSource())
                    .retention(Duration.ofDays(30))
                    .build();
            try (TableMetrics table = new TableMetrics(through, Duration.ofMillis(50))) {
                table.bindTo(registry);
                await().untilAsserted(() -> {
                    assertThat(gauge("dedup.table.rows")).isPositive();
                    assertThat(gauge("dedup.table.size")).isGreaterThan(8_000);
                    assertThat(gauge("dedup.failing")).isPositive();
                });
                assertThat(gauge("dedup.retention")).isEqualTo(30 * 86_400);
                proxy.refuse();
                await().untilAsserted(
                                () -> assertThat(gauge("dedup.table.rows")).isNaN());
                proxy.accept();
                await().untilAsserted(
                                () -> assertThat(gauge("dedup.table.rows")).isPositive());
            }
        }
    }

    private double gauge(String name) {
        return registry.get(name).gauge().value();
    }

    @Test
    void purgesAreCounted() throws Exception {
        double before = registry.get("dedup.purged.keys").counter().count();
        dedup.process(key, tx -> {});
        Thread.sleep(20);
        long purged = dedup.admin().purge(Duration.ofMillis(1));
        assertThat(purged).isPositive();
        assertThat(registry.get("dedup.purged.keys").counter().count() - before).isEqualTo((double) purged);
        assertThat(registry.get("dedup.purges").counter().count()).isEqualTo(1);
    }

    @Test
    void aSkippedDuplicateIsAnEventOfTheCurrentObservation() {
        TestObservationRegistry observations = TestObservationRegistry.create();
        Deduplicator observed = Deduplicator.builder(dataSource)
                .listener(new ObservedOutcomes(observations))
                .build();
        observed.process(key, tx -> {}); // none is current
        Observation.createNotStarted("first", observations)
                .observe(() -> observed.process(new MessageKey(consumer, "2"), tx -> {}));
        Observation.createNotStarted("again", observations).observe(() -> observed.process(key, tx -> {}));
        TestObservationRegistryAssert.assertThat(observations)
                .hasObservationWithNameEqualTo("again")
                .that()
                .hasEvent("dedup.duplicate", "dedup: duplicate " + key);
        TestObservationRegistryAssert.assertThat(observations)
                .hasObservationWithNameEqualTo("first")
                .that()
                .doesNotHaveEvent("dedup.duplicate");
    }
}
