/**
 * De-duplication of messages in one local PostgreSQL transaction. Start at {@link io.dedup.Deduplicator}.
 *
 * <p>This package knows JDBC and slf4j, and neither a broker nor a framework.
 */
@NullMarked
package io.dedup;

import org.jspecify.annotations.NullMarked;
