package io.dedup;

/**
 * How large the table of keys is, as PostgreSQL last counted; cheap to ask for, and good enough to see it grow.
 *
 * @param rows about how many keys it holds
 * @param bytes what it takes on disk, its indexes included
 */
public record TableSize(long rows, long bytes) {}
