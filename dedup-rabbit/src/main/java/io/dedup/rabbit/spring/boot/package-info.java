/**
 * Auto-configuration for Spring Boot. Nothing here is called by hand but {@link
 * io.dedup.rabbit.spring.boot.DedupDataSource}; the properties are {@code dedup.*}.
 */
@NullMarked
package io.dedup.rabbit.spring.boot;

import org.jspecify.annotations.NullMarked;
