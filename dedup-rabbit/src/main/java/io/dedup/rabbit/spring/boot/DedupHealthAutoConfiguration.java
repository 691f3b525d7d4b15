package io.dedup.rabbit.spring.boot;

import io.dedup.Deduplicator;
import io.dedup.rabbit.DedupConsumer;
import java.util.Map;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnSingleCandidate;
import org.springframework.boot.health.autoconfigure.contributor.ConditionalOnEnabledHealthIndicator;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.context.annotation.Bean;

/** The health indicator {@code dedup}. */
@AutoConfiguration(
        after = DedupAutoConfiguration.class,
        beforeName =
                "org.springframework.boot.health.autoconfigure.registry.HealthContributorRegistryAutoConfiguration")
@ConditionalOnClass({HealthIndicator.class, ConditionalOnEnabledHealthIndicator.class})
@ConditionalOnSingleCandidate(Deduplicator.class)
@ConditionalOnEnabledHealthIndicator("dedup")
public final class DedupHealthAutoConfiguration {

    DedupHealthAutoConfiguration() {}

    @Bean
    @ConditionalOnMissingBean(name = {"dedupHealthIndicator", "dedupHealthContributor"})
    HealthIndicator dedupHealthContributor(Deduplicator dedup, ObjectProvider<Map<String, DedupConsumer>> consumers) {
        return new DedupHealthIndicator(dedup, consumers);
    }
}
