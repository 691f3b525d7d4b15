package io.dedup.spring.boot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.dedup.DedupException;
import io.dedup.DedupListener;
import io.dedup.Deduplicator;
import io.dedup.MessageKey;
import io.dedup.Outcome;
import io.dedup.PurgeSchedule;
import io.dedup.Result;
import io.dedup.micrometer.DeliveryMetrics;
import io.dedup.micrometer.ObservedOutcomes;
import io.dedup.micrometer.TableMetrics;
import io.dedup.spi.KeyedWork;
import io.dedup.test.Database;
import io.dedup.test.ServersExtension;
import io.micrometer.core.instrument.MeterRegistry;
import java.sql.Connection;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Primary;
import org.springframework.jdbc.datasource.DriverManagerDataSource;

@ExtendWith(ServersExtension.class)
@Timeout(120)
class DedupAutoConfigurationTest {

    private static final MessageKey KEY = new MessageKey("boot", "1");

    private final Database database;
    private final ApplicationContextRunner runner;

    DedupAutoConfigurationTest(Database database) {
        this.database = database;
        this.runner = Contexts.on(database);
    }

    @Test
    void aDataSourceIsEnough() {
        runner.run(context -> {
            Deduplicator dedup = context.getBean(Deduplicator.class);
            assertThat(dedup.process(KEY, tx -> {})).isEqualTo(Outcome.PROCESSED);
            assertThat(dedup.process(KEY, tx -> {})).isEqualTo(Outcome.DUPLICATE);
            assertThat(dedup.admin().retention()).isEqualTo(Duration.ofDays(7));
            assertThat(context).doesNotHaveBean(PurgeSchedule.class);
        });
    }

    @Test
    void withoutADataSourceItKeepsOut() {
        Contexts.withoutDataSource()
                .run(context -> assertThat(context)
                        .hasNotFailed()
                        .doesNotHaveBean(Deduplicator.class)
                        .doesNotHaveBean(DedupEndpoint.class));
    }

    @Test
    void thePropertiesReachTheDeduplicator() {
        runner.withPropertyValues("dedup.retention=30d", "dedup.time-limit=300ms", "dedup.max-wait=1s")
                .run(context -> {
                    Deduplicator dedup = context.getBean(Deduplicator.class);
                    assertThat(dedup.admin().retention()).isEqualTo(Duration.ofDays(30));
                    Result result = dedup.engine().attempt(new KeyedWork(KEY, null, tx -> Thread.sleep(20_000)));
                    assertThat(result.outcome()).isEqualTo(Outcome.FAILED);
                    assertThat(result.took()).isLessThan(Duration.ofSeconds(10));
                });
    }

    @Test
    void aRetentionThatIsSetIsKept() {
        List<Long> purges = new CopyOnWriteArrayList<>();
        DedupListener listener = new DedupListener() {
            @Override
            public void onPurged(long rows) {
                purges.add(rows);
            }
        };
        ApplicationContextRunner purging = runner.withBean("purges", DedupListener.class, () -> listener)
                .withPropertyValues("dedup.retention=1ms", "dedup.purge.every=20ms");
        purging.run(context -> {
            context.getBean(Deduplicator.class).process(KEY, tx -> {});
            await().untilAsserted(() -> assertThat(purges).contains(1L));
        });
        purging.withPropertyValues("dedup.purge.enabled=false")
                .run(context -> assertThat(context).doesNotHaveBean(PurgeSchedule.class));
    }

    @Test
    void ofADeduplicatorOfTheApplicationsOwnItIsKeptToo() {
        Deduplicator own = Deduplicator.builder(Contexts.fresh(database).dataSource())
                .retention(Duration.ofMillis(1))
                .build();
        runner.withBean(Deduplicator.class, () -> own)
                .withPropertyValues("dedup.retention=1h", "dedup.purge.every=20ms")
                .run(context -> {
                    own.process(KEY, tx -> {});
                    await().during(Duration.ofMillis(500))
                            .until(() -> own.admin().processedAt(KEY).isPresent());
                });
    }

    @Test
    void anEmptyRetentionIsNone() {
        runner.withPropertyValues("dedup.retention=")
                .run(context -> assertThat(context).hasNotFailed().doesNotHaveBean(PurgeSchedule.class));
    }

    @ParameterizedTest
    @CsvSource({"yes,true", "on,true", "no,false", "off,false"})
    void howeverYesAndNoAreSaid(String said, boolean purging) {
        runner.withPropertyValues("dedup.retention=1h", "dedup.purge.enabled=" + said)
                .run(context ->
                        assertThat(context.containsBean("dedupPurgeSchedule")).isEqualTo(purging));
    }

    @Test
    void thePurgeRunsInALazyApplicationToo() {
        runner.withPropertyValues("dedup.retention=1h")
                .withInitializer(context -> context.addBeanFactoryPostProcessor(
                        new org.springframework.boot.LazyInitializationBeanFactoryPostProcessor()))
                .run(context -> assertThat(context.getBeanFactory().containsSingleton("dedupPurgeSchedule"))
                        .isTrue());
    }

    @Test
    void aBeanOfTheApplicationsOwnIsTakenAndItsTablesAreMadeToo() {
        Deduplicator own = Deduplicator.builder(database.dataSource())
                .table("keys_of_its_own")
                .build();
        runner.withBean("own", Deduplicator.class, () -> own).run(context -> {
            assertThat(context.getBean(Deduplicator.class)).isSameAs(own);
            assertThat(own.process(KEY, tx -> {})).isEqualTo(Outcome.PROCESSED);
        });
    }

    @Test
    void ofSeveralDeduplicatorsNoneIsTakenByChanceAndAllHaveTheirTables() {
        Database fresh = Contexts.fresh(database);
        Deduplicator one = Deduplicator.create(fresh.dataSource());
        Deduplicator two =
                Deduplicator.builder(fresh.dataSource()).table("others").build();
        Contexts.metered(database)
                .withBean("one", Deduplicator.class, () -> one)
                .withBean("two", Deduplicator.class, () -> two)
                .withPropertyValues("dedup.retention=1h", "management.endpoints.web.exposure.include=dedup")
                .run(context -> {
                    assertThat(context).hasNotFailed().doesNotHaveBean(PurgeSchedule.class);
                    assertThat(one.process(KEY, tx -> {})).isEqualTo(Outcome.PROCESSED);
                    assertThat(two.process(KEY, tx -> {})).isEqualTo(Outcome.PROCESSED);
                });
    }

    @Test
    void metersAndEventsAreThereWhereTheirRegistriesAre() {
        Contexts.metered(database).run(context -> {
            assertThat(context).hasSingleBean(DeliveryMetrics.class).hasSingleBean(ObservedOutcomes.class);
            context.getBean(Deduplicator.class).process(KEY, tx -> {});
            MeterRegistry registry = context.getBean(MeterRegistry.class);
            assertThat(registry.get("dedup.transaction")
                            .tag("outcome", "processed")
                            .timer()
                            .count())
                    .isEqualTo(1);
            await().until(() -> registry.get("dedup.table.rows").gauge().value() >= 0);
        });
        runner.run(context ->
                assertThat(context).doesNotHaveBean(DeliveryMetrics.class).doesNotHaveBean(TableMetrics.class));
    }

    @Test
    void withoutMicrometerItWorksToo() {
        runner.withClassLoader(new FilteredClassLoader("io.micrometer")).run(context -> {
            assertThat(context).hasNotFailed().doesNotHaveBean("dedupMetrics").doesNotHaveBean("dedupObservedOutcomes");
            assertThat(context.getBean(Deduplicator.class).process(KEY, tx -> {}))
                    .isEqualTo(Outcome.PROCESSED);
        });
    }

    @Test
    void aListenerThatNeedsTheDeduplicatorHearsToo() {
        runner.withUserConfiguration(Asking.class).run(context -> {
            context.getBean(Deduplicator.class).process(KEY, tx -> {});
            assertThat(context.getBean(Asking.class).asked).containsExactly(true);
        });
    }

    @Configuration(proxyBeanMethods = false)
    static class Asking {

        private final List<Boolean> asked = new CopyOnWriteArrayList<>();

        @Bean
        DedupListener asking(Deduplicator dedup) {
            return new DedupListener() {
                @Override
                public void onResult(Result result) {
                    asked.add(dedup.admin().processedAt(result.key()).isPresent());
                }
            };
        }
    }

    @Test
    void allListenersHearAndOneThatFailsDoesNotKeepItFromTheOthers() {
        List<Outcome> heard = new CopyOnWriteArrayList<>();
        DedupListener broken = new DedupListener() {
            @Override
            public void onResult(Result result) {
                throw new AssertionError("listeners fail too");
            }
        };
        DedupListener sound = new DedupListener() {
            @Override
            public void onResult(Result result) {
                heard.add(result.outcome());
            }
        };
        runner.withBean("broken", DedupListener.class, () -> broken)
                .withBean("sound", DedupListener.class, () -> sound)
                .run(context -> {
                    context.getBean(Deduplicator.class).process(KEY, tx -> {});
                    assertThat(heard).containsExactly(Outcome.PROCESSED);
                });
    }

    @Test
    void whereTheTablesAreMissingAndNotToBeMadeItRefusesToStart() {
        runner.withPropertyValues("dedup.migrate=false")
                .run(context -> assertThat(context.getStartupFailure())
                        .rootCause()
                        .isInstanceOf(DedupException.class)
                        .hasMessageContaining("is missing"));
    }

    @Test
    void theApplicationsOwnMigrationsRunFirstAndMayBringTheTables() {
        Contexts.withItsOwnFlyway(database)
                .withPropertyValues(
                        "dedup.migrate=false",
                        "spring.flyway.locations=classpath:io/dedup/db/migration/postgresql",
                        "spring.flyway.placeholder-replacement=false")
                .run(context -> assertThat(context.getBean(Deduplicator.class).process(KEY, tx -> {}))
                        .isEqualTo(Outcome.PROCESSED));
    }

    @Test
    void theApplicationsOwnMigrationsBeginInAnEmptySchema() {
        ApplicationContextRunner migrating = Contexts.withItsOwnFlyway(database)
                .withPropertyValues(
                        "spring.flyway.locations=classpath:none", "spring.flyway.fail-on-missing-locations=false");
        migrating.run(context -> assertThat(context).hasNotFailed().hasSingleBean(Deduplicator.class));
    }

    @Test
    void andBeforeTheTablesOfADeduplicatorOfTheApplicationsOwn() {
        Contexts.withItsOwnFlyway(database)
                .withPropertyValues(
                        "spring.flyway.locations=classpath:none", "spring.flyway.fail-on-missing-locations=false")
                .withUserConfiguration(OwnDeduplicator.class)
                .run(context -> assertThat(context).hasNotFailed().hasSingleBean(Deduplicator.class));
    }

    @Test
    void theMarkedDataSourceIsTaken() {
        several(Marked.class)
                .run(context -> assertThat(context.getBean(Deduplicator.class).process(KEY, tx -> {}))
                        .isEqualTo(Outcome.PROCESSED));
    }

    @Test
    void thePrimaryDataSourceIsTakenWhereNoneIsMarked() {
        several(PrimaryOne.class)
                .run(context -> assertThat(context.getBean(Deduplicator.class).process(KEY, tx -> {}))
                        .isEqualTo(Outcome.PROCESSED));
    }

    @Test
    void ofSeveralDataSourcesItTakesNoneByChance() {
        several(Unmarked.class)
                .run(context -> assertThat(context.getStartupFailure())
                        .rootCause()
                        .isInstanceOf(DedupException.class)
                        .hasMessageContaining("@DedupDataSource"));
    }

    @Test
    void whatTheHandlersWriteAndTheKeyShareATransactionOfTheBootsOwnPool() {
        runner.run(context -> {
            DataSource pool = context.getBean(DataSource.class);
            try (Connection connection = pool.getConnection()) {
                connection.createStatement().execute("CREATE TABLE IF NOT EXISTS effects (n int)");
            }
            Deduplicator dedup = context.getBean(Deduplicator.class);
            dedup.engine().attempt(new KeyedWork(KEY, null, tx -> {
                tx.createStatement().execute("INSERT INTO effects VALUES (1)");
                throw new IllegalStateException("out of paper");
            }));
            assertThat(dedup.admin().processedAt(KEY)).isEmpty();
        });
    }

    private ApplicationContextRunner several(Class<?> dataSources) {
        Database fresh = Contexts.fresh(database);
        return Contexts.withoutDataSource()
                .withBean(Database.class, () -> fresh)
                .withUserConfiguration(dataSources);
    }

    /** What leads nowhere fails at the first use. */
    private static DataSource nowhere() {
        return new DriverManagerDataSource("jdbc:postgresql://127.0.0.1:1/nowhere");
    }

    @Configuration(proxyBeanMethods = false)
    static class OwnDeduplicator {

        @Bean
        Deduplicator own(DataSource dataSource) {
            return Deduplicator.create(dataSource);
        }
    }

    @Configuration(proxyBeanMethods = false)
    static class Marked {

        @Bean
        @Primary
        DataSource main() {
            return nowhere();
        }

        @Bean(defaultCandidate = false)
        @DedupDataSource
        DataSource handlers(Database database) {
            return database.dataSource();
        }
    }

    @Configuration(proxyBeanMethods = false)
    static class PrimaryOne {

        @Bean
        DataSource other() {
            return nowhere();
        }

        @Bean
        @Primary
        DataSource main(Database database) {
            return database.dataSource();
        }
    }

    @Configuration(proxyBeanMethods = false)
    static class Unmarked {

        @Bean
        DataSource one() {
            return nowhere();
        }

        @Bean
        DataSource two() {
            return nowhere();
        }
    }
}
