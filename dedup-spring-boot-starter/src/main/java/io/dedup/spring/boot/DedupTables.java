package io.dedup.spring.boot;

import io.dedup.Deduplicator;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.config.BeanPostProcessor;

/**
 * Migrates and checks the tables of every {@link Deduplicator} bean, an application's own as well, before anyone gets it:
 * no listener starts on tables that are not there, with lazy beans neither.
 */
final class DedupTables implements BeanPostProcessor {

    private final ObjectProvider<DedupProperties> properties;

    DedupTables(ObjectProvider<DedupProperties> properties) {
        this.properties = properties;
    }

    @Override
    public Object postProcessAfterInitialization(Object bean, String beanName) {
        if (bean instanceof Deduplicator dedup) {
            if (properties.getObject().migrate()) {
                dedup.admin().migrate();
            }
            dedup.admin().verify();
        }
        return bean;
    }
}
