package io.dedup.spring;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.springframework.amqp.rabbit.annotation.RabbitListener;
import org.springframework.core.annotation.AliasFor;

/**
 * A {@link RabbitListener} whose messages take effect exactly once in the database. On a method, or on a class with
 * {@code @RabbitHandler} methods. Where the container factory that it names is not one of the library's, only the
 * {@link RabbitListener} is left of it.
 */
@Target({ElementType.TYPE, ElementType.METHOD, ElementType.ANNOTATION_TYPE})
@Retention(RetentionPolicy.RUNTIME)
@Documented
@RabbitListener
public @interface DedupRabbitListener {

    /** The bean that is used unless another is named. */
    String CONTAINER_FACTORY = "dedupRabbitListenerContainerFactory";

    /**
     * The queues.
     *
     * @return their names, expressions or placeholders
     * @see RabbitListener#queues()
     */
    @AliasFor(annotation = RabbitListener.class)
    String[] queues() default {};

    /**
     * The logical name under which messages count as processed. Default: the queue that each comes from. Name it where
     * a queue is renamed, or where two queues feed one listener.
     *
     * @return the name; may hold placeholders
     */
    String consumer() default "";

    /**
     * A SpEL expression that finds the message's ID, with the {@link org.springframework.amqp.core.Message} as its root
     * object, such as {@code messageProperties.headers['x-event-id']}. Beans are at hand as {@code @name}. Default: as
     * the container factory is configured.
     *
     * @return the expression; may hold placeholders
     */
    String messageId() default "";

    /**
     * The container's ID.
     *
     * @return the ID
     * @see RabbitListener#id()
     */
    @AliasFor(annotation = RabbitListener.class)
    String id() default "";

    /**
     * How many messages are in work at a time.
     *
     * @return a number, or a range
     * @see RabbitListener#concurrency()
     */
    @AliasFor(annotation = RabbitListener.class)
    String concurrency() default "";

    /**
     * Who acknowledges.
     *
     * @return {@code AUTO} or {@code MANUAL}
     * @see RabbitListener#ackMode()
     */
    @AliasFor(annotation = RabbitListener.class)
    String ackMode() default "";

    /**
     * Who is told of failures.
     *
     * @return a bean's name or an expression
     * @see RabbitListener#errorHandler()
     */
    @AliasFor(annotation = RabbitListener.class)
    String errorHandler() default "";

    /**
     * Whether the listener takes batches.
     *
     * @return {@code true} or {@code false}
     * @see RabbitListener#batch()
     */
    @AliasFor(annotation = RabbitListener.class)
    String batch() default "";

    /**
     * Whether the listener starts with the application.
     *
     * @return {@code true} or {@code false}
     * @see RabbitListener#autoStartup()
     */
    @AliasFor(annotation = RabbitListener.class)
    String autoStartup() default "";

    /**
     * The container factory.
     *
     * @return the bean's name
     * @see RabbitListener#containerFactory()
     */
    @AliasFor(annotation = RabbitListener.class)
    String containerFactory() default CONTAINER_FACTORY;
}
