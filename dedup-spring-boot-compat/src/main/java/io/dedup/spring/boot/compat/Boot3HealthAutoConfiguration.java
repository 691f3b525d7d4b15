package io.dedup.spring.boot.compat;

import org.springframework.boot.actuate.autoconfigure.health.ConditionalOnEnabledHealthIndicator;
import org.springframework.boot.actuate.health.AbstractHealthIndicator;
import org.springframework.boot.actuate.health.Health;
import org.springframework.boot.actuate.health.HealthIndicator;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnSingleCandidate;
import org.springframework.context.annotation.Bean;

/** The health indicator {@code dedup} of Boot 3. */
@AutoConfiguration(
        afterName = "io.dedup.spring.boot.DedupHealthAutoConfiguration",
        beforeName = "org.springframework.boot.actuate.autoconfigure.health.HealthEndpointAutoConfiguration")
@ConditionalOnClass({HealthIndicator.class, ConditionalOnEnabledHealthIndicator.class})
@ConditionalOnSingleCandidate(HealthCheck.class)
@ConditionalOnEnabledHealthIndicator("dedup")
public final class Boot3HealthAutoConfiguration {

    Boot3HealthAutoConfiguration() {}

    @Bean
    @ConditionalOnMissingBean(name = {"dedupHealthIndicator", "dedupHealthContributor"})
    HealthIndicator dedupHealthContributor(HealthCheck check) {
        return new Boot3HealthIndicator(check);
    }

    private static final class Boot3HealthIndicator extends AbstractHealthIndicator {

        private final HealthCheck check;

        Boot3HealthIndicator(HealthCheck check) {
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
