package io.dedup.test;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Inherited;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.extension.ExtendWith;

/** Skips the test, with the reason, where a server that it kills or restarts is not ours to restart. */
@Target({ElementType.TYPE, ElementType.METHOD})
@Retention(RetentionPolicy.RUNTIME)
@Documented
@Inherited
@ExtendWith(RequiresRestartCondition.class)
public @interface RequiresRestart {
    /**
     * What the test restarts.
     *
     * @return {@link PostgresServer}, {@link BrokerServer} or both
     */
    Class<? extends AutoCloseable>[] value();
}
