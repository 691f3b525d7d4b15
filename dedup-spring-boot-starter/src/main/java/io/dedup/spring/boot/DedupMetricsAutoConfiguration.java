package io.dedup.spring.boot;

import io.dedup.Deduplicator;
import io.dedup.micrometer.DedupMetrics;
import io.dedup.micrometer.DeliveryMetrics;
import io.dedup.micrometer.ObservedOutcomes;
import io.dedup.micrometer.TableMetrics;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.observation.ObservationRegistry;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnSingleCandidate;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Lazy;

/** Meters and trace events, where there is a registry for them. */
@AutoConfiguration(
        after = DedupAutoConfiguration.class,
        afterName = {
            "org.springframework.boot.micrometer.metrics.autoconfigure.CompositeMeterRegistryAutoConfiguration",
            "org.springframework.boot.micrometer.observation.autoconfigure.ObservationAutoConfiguration",
            "org.springframework.boot.actuate.autoconfigure.metrics.CompositeMeterRegistryAutoConfiguration",
            "org.springframework.boot.actuate.autoconfigure.observation.ObservationAutoConfiguration"
        })
@ConditionalOnSingleCandidate(Deduplicator.class)
public final class DedupMetricsAutoConfiguration {

    DedupMetricsAutoConfiguration() {}

    @Configuration(proxyBeanMethods = false)
    @ConditionalOnClass(MeterRegistry.class)
    @ConditionalOnBean(MeterRegistry.class)
    static class Meters {

        @Bean
        @ConditionalOnMissingBean
        DedupMetrics dedupMetrics(MeterRegistry registry) {
            return new DedupMetrics(registry);
        }

        @Bean
        @ConditionalOnMissingBean
        DeliveryMetrics dedupDeliveryMetrics(MeterRegistry registry, Deduplicator dedup) {
            return new DeliveryMetrics(registry, dedup);
        }

        @Bean
        @ConditionalOnMissingBean
        @Lazy(false) // nobody asks for it
        TableMetrics dedupTableMetrics(Deduplicator dedup) {
            return new TableMetrics(dedup);
        }
    }

    @Configuration(proxyBeanMethods = false)
    @ConditionalOnClass(ObservationRegistry.class)
    @ConditionalOnBean(ObservationRegistry.class)
    static class Observations {

        @Bean
        @ConditionalOnMissingBean
        ObservedOutcomes dedupObservedOutcomes(ObservationRegistry registry) {
            return new ObservedOutcomes(registry);
        }
    }
}
