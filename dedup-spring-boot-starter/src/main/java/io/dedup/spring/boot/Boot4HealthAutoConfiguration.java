package io.dedup.spring.boot;

import io.dedup.spring.boot.compat.HealthCheck;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnSingleCandidate;
import org.springframework.boot.health.autoconfigure.contributor.ConditionalOnEnabledHealthIndicator;
import org.springframework.boot.health.contributor.AbstractHealthIndicator;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.context.annotation.Bean;

/** The health indicator {@code dedup} of Boot 4. */
@AutoConfiguration(
        after = DedupHealthAutoConfiguration.class,
        beforeName =
                "org.springframework.boot.health.autoconfigure.registry.HealthContributorRegistryAutoConfiguration")
@ConditionalOnClass({HealthIndicator.class, ConditionalOnEnabledHealthIndicator.class})
@ConditionalOnSingleCandidate(HealthCheck.class)
@ConditionalOnEnabledHealthIndicator("dedup")
public final class Boot4HealthAutoConfiguration {

    Boot4HealthAutoConfiguration() {}

    @Bean
    @ConditionalOnMissingBean(name = {"dedupHealthIndicator", "dedupHealthContributor"})
    HealthIndicator dedupHealthContributor(HealthCheck check) {
        return new Boot4HealthIndicator(check);
    }

    private static final class Boot4HealthIndicator extends AbstractHealthIndicator {

        private final HealthCheck check;

        Boot4HealthIndicator(HealthCheck check) {
            super("messages cannot be processed");
            this.check = check;
        }

        @Override
        protected void doHealthCheck(Health.Builder health) {
            HealthCheck.Report report = check.check();
            health.status(report.status().name()).withDetails(report.details());
        }
    }
}
