package io.dedup.spring.boot;

import java.time.Duration;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.context.annotation.Condition;
import org.springframework.context.annotation.ConditionContext;
import org.springframework.core.type.AnnotatedTypeMetadata;

/** As the properties are bound: an empty retention is none, and "yes" is a yes. */
final class OnPurge implements Condition {

    @Override
    public boolean matches(ConditionContext context, AnnotatedTypeMetadata metadata) {
        Binder binder = Binder.get(context.getEnvironment());
        return binder.bind("dedup.retention", Duration.class).isBound()
                && binder.bind("dedup.purge.enabled", Boolean.class).orElse(true);
    }
}
