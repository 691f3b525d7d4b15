package io.dedup.spring.boot;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Leaves a RabbitListener out where {@code dedup.rabbit.all-listeners} is set: each copy and each redelivery of a message
 * calls it again, and Spring's own rules hold for its failures. On a listener's method, or on its class. The start log
 * says so for each such listener. Without {@code all-listeners} it has no effect.
 */
@Target({ElementType.TYPE, ElementType.METHOD, ElementType.ANNOTATION_TYPE})
@Retention(RetentionPolicy.RUNTIME)
@Documented
public @interface UnprotectedListener {}
