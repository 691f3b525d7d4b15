/**
 * What the starter needs of Spring Boot and Boot 4 has moved: an interface for each such thing, and its implementation for
 * Boot 3. Boot 4's implementations are the starter's own. Nothing here is for applications.
 */
@NullMarked
package io.dedup.spring.boot.compat;

import org.jspecify.annotations.NullMarked;
