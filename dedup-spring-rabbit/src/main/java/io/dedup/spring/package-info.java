/**
 * Protects {@code @RabbitListener} methods. Start at {@link io.dedup.spring.Protection}.
 */
@NullMarked
package io.dedup.spring;

import org.jspecify.annotations.NullMarked;
