package io.dedup.spring.boot;

import static java.util.Objects.requireNonNull;

import io.dedup.DedupListener;
import io.dedup.Deduplicator;
import io.dedup.DeduplicatorBuilder;
import io.dedup.PurgeSchedule;
import javax.sql.DataSource;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnSingleCandidate;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Conditional;
import org.springframework.context.annotation.ImportRuntimeHints;
import org.springframework.context.annotation.Lazy;

/**
 * The {@link Deduplicator} on the application's DataSource, its tables migrated and checked before anyone gets it, and
 * its purge.
 */
@AutoConfiguration(
        afterName = {
            "org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration",
            "org.springframework.boot.autoconfigure.jdbc.DataSourceAutoConfiguration"
        })
@EnableConfigurationProperties(DedupProperties.class)
@ImportRuntimeHints(MigrationHints.class)
public final class DedupAutoConfiguration {

    DedupAutoConfiguration() {}

    @Bean
    ContextListeners dedupContextListeners(ObjectProvider<DedupListener> listeners) {
        return new ContextListeners(listeners);
    }

    @Bean
    @ConditionalOnMissingBean
    @ConditionalOnBean(DataSource.class)
    Deduplicator deduplicator(
            DedupProperties properties,
            ObjectProvider<DataSource> dataSource,
            @DedupDataSource ObjectProvider<DataSource> marked,
            ContextListeners listeners) {
        DeduplicatorBuilder builder = Deduplicator.builder(BeanSelector.select(DataSource.class, dataSource, marked))
                .table(properties.table())
                .maxWait(properties.maxWait());
        if (properties.schema() != null) {
            builder.schema(properties.schema());
        }
        if (properties.timeLimit() != null) {
            builder.timeLimit(properties.timeLimit());
        }
        if (properties.retention() != null) {
            builder.retention(properties.retention());
        }
        return listeners.build(builder);
    }

    /** Static, since what processes beans is made before them. */
    @Bean
    static DedupTables dedupTables(ObjectProvider<DedupProperties> properties) {
        return new DedupTables(properties);
    }

    @Bean
    @ConditionalOnMissingBean
    @ConditionalOnSingleCandidate(Deduplicator.class)
    @Conditional(OnPurge.class)
    @Lazy(false) // nobody asks for it
    PurgeSchedule dedupPurgeSchedule(Deduplicator dedup, DedupProperties properties) {
        // The property and not the deduplicator's own, which is another where the application has made it.
        return dedup.admin()
                .schedulePurge(
                        requireNonNull(properties.retention()),
                        properties.purge().every());
    }
}
