package io.dedup.spring.boot;

import io.dedup.Deduplicator;
import io.dedup.MessageConsumer;
import io.dedup.spring.boot.compat.HealthCheck;
import java.util.Map;
import org.springframework.amqp.rabbit.listener.RabbitListenerEndpointRegistry;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnSingleCandidate;
import org.springframework.context.annotation.Bean;

/** What the health indicator {@code dedup} of each line of Boot reports. */
@AutoConfiguration(after = DedupAutoConfiguration.class)
@ConditionalOnSingleCandidate(Deduplicator.class)
public final class DedupHealthAutoConfiguration {

    DedupHealthAutoConfiguration() {}

    @Bean
    @ConditionalOnMissingBean
    HealthCheck dedupHealthCheck(
            Deduplicator dedup,
            ObjectProvider<Map<String, MessageConsumer>> consumers,
            ObjectProvider<RabbitListenerEndpointRegistry> registries) {
        return new DedupHealthCheck(dedup, consumers, registries);
    }
}
