package io.dedup.examples.spring;

import static java.util.Objects.requireNonNull;

import java.util.UUID;

/**
 * What the queue carries.
 *
 * @param id the order's, given by whoever places it; the same when he tries again
 * @param customer who
 * @param cents how much
 */
public record OrderPlaced(UUID id, String customer, long cents) {

    /** Without an ID nobody could tell a second order from a copy of the first. */
    public OrderPlaced {
        requireNonNull(id, "id");
        requireNonNull(customer, "customer");
    }
}
