/**
 * Meters for Micrometer, with Spring or without. Spring Boot's auto-configuration registers them by itself.
 */
@NullMarked
package io.dedup.micrometer;

import org.jspecify.annotations.NullMarked;
