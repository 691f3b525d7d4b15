/**
 * A Spring Boot application whose listener is protected by two lines of {@code application.yml}. Start at {@link
 * io.dedup.examples.spring.OrderListener}.
 */
@NullMarked
package io.dedup.examples.spring;

import org.jspecify.annotations.NullMarked;
