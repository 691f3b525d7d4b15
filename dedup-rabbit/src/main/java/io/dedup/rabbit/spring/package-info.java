/**
 * Protects {@code @RabbitListener} methods. Start at {@link io.dedup.rabbit.spring.Protection}.
 */
@NullMarked
package io.dedup.rabbit.spring;

import org.jspecify.annotations.NullMarked;
