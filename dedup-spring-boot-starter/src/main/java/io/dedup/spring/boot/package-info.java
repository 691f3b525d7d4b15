/**
 * Auto-configuration for Spring Boot. Nothing here is used by hand but {@link
 * io.dedup.spring.boot.DedupDataSource} and {@link io.dedup.spring.boot.UnprotectedListener}; the properties are {@code
 * dedup.*}.
 */
@NullMarked
package io.dedup.spring.boot;

import org.jspecify.annotations.NullMarked;
