package io.dedup.spring.boot;

import io.dedup.Deduplicator;
import org.springframework.boot.actuate.autoconfigure.endpoint.condition.ConditionalOnAvailableEndpoint;
import org.springframework.boot.actuate.endpoint.annotation.Endpoint;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnSingleCandidate;
import org.springframework.context.annotation.Bean;

/** The Actuator endpoint {@code dedup}, where it is exposed, and what counts for it. */
@AutoConfiguration(after = DedupAutoConfiguration.class)
@ConditionalOnClass({Endpoint.class, ConditionalOnAvailableEndpoint.class})
@ConditionalOnSingleCandidate(Deduplicator.class)
@ConditionalOnAvailableEndpoint(DedupEndpoint.class)
public final class DedupEndpointAutoConfiguration {

    DedupEndpointAutoConfiguration() {}

    @Bean
    @ConditionalOnMissingBean
    OutcomeCounters dedupOutcomeCounters() {
        return new OutcomeCounters();
    }

    @Bean
    @ConditionalOnMissingBean
    DedupEndpoint dedupEndpoint(Deduplicator dedup, OutcomeCounters counters, DedupProperties properties) {
        return new DedupEndpoint(
                dedup, counters, properties.retention(), properties.endpoint().forget());
    }
}
