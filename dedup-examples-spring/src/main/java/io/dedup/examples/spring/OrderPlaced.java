package io.dedup.examples.spring;

import java.util.UUID;

/**
 * What the queue carries.
 *
 * @param id the order's, given by whoever places it; the same when he tries again
 * @param customer who
 * @param cents how much
 */
public record OrderPlaced(UUID id, String customer, long cents) {}
