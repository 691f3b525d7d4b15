package io.dedup;

import java.time.Instant;

/**
 * How often a message's handler has failed since it last succeeded, by the database's clock.
 *
 * @param count at least 1
 * @param first when it failed first
 * @param last when it failed last
 */
public record FailedAttempts(int count, Instant first, Instant last) {}
