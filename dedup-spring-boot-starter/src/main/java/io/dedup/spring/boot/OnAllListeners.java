package io.dedup.spring.boot;

import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.context.annotation.Condition;
import org.springframework.context.annotation.ConditionContext;
import org.springframework.core.type.AnnotatedTypeMetadata;

/** As the property is bound, and so for "yes" and "on" too, which Boot's own condition takes for a no. */
final class OnAllListeners implements Condition {

    @Override
    public boolean matches(ConditionContext context, AnnotatedTypeMetadata metadata) {
        return Binder.get(context.getEnvironment())
                .bind("dedup.rabbit.all-listeners", Boolean.class)
                .orElse(false);
    }
}
