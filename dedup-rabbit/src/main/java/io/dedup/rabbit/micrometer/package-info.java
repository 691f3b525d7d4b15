/**
 * Meters for Micrometer, with Spring or without. Spring Boot's auto-configuration registers them by itself.
 */
@NullMarked
package io.dedup.rabbit.micrometer;

import org.jspecify.annotations.NullMarked;
