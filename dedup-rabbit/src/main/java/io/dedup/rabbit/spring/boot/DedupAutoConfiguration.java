package io.dedup.rabbit.spring.boot;

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
import org.springframework.boot.context.properties.PropertyMapper;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Conditional;
import org.springframework.context.annotation.ImportRuntimeHints;
import org.springframework.context.annotation.Lazy;

/**
 * The {@link Deduplicator} on the application's DataSource, its tables migrated and checked before anyone gets it, and
 * its purge.
 */
@AutoConfiguration(afterName = "org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration")
@EnableConfigurationProperties(DedupProperties.class)
@ImportRuntimeHints(MigrationHints.class)
public final class DedupAutoConfiguration {

    DedupAutoConfiguration() {}

    @Bean
    @ConditionalOnMissingBean
    @ConditionalOnBean(DataSource.class)
    Deduplicator deduplicator(
            DedupProperties properties,
            ObjectProvider<DataSource> dataSource,
            @DedupDataSource ObjectProvider<DataSource> marked,
            ObjectProvider<DedupListener> listeners) {
        DeduplicatorBuilder builder = Deduplicator.builder(Chosen.of(DataSource.class, dataSource, marked))
                .table(properties.table())
                .maxWait(properties.maxWait())
                .listener(new Listeners(listeners.orderedStream().toList()));
        PropertyMapper map = PropertyMapper.get();
        map.from(properties::schema).to(builder::schema);
        map.from(properties::timeLimit).to(builder::timeLimit);
        map.from(properties::retention).to(builder::retention);
        return builder.build();
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
        return dedup.schedulePurge(
                requireNonNull(properties.retention()), properties.purge().every());
    }
}
