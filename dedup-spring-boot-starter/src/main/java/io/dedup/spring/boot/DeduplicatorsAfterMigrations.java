package io.dedup.spring.boot;

import io.dedup.Deduplicator;
import java.util.Set;
import org.springframework.boot.sql.init.dependency.AbstractBeansOfTypeDependsOnDatabaseInitializationDetector;

/**
 * Has every {@link Deduplicator} bean wait for the application's own migrations: they may bring the tables, and Flyway
 * refuses to begin in a schema that is not empty.
 */
final class DeduplicatorsAfterMigrations extends AbstractBeansOfTypeDependsOnDatabaseInitializationDetector {

    @Override
    protected Set<Class<?>> getDependsOnDatabaseInitializationBeanTypes() {
        return Set.of(Deduplicator.class);
    }
}
