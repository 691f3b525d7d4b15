package io.dedup.test;

import java.util.Optional;
import java.util.function.Supplier;

/**
 * One way to come by a server.
 *
 * @param missing what this machine lacks for it and how to get that; empty when it can be tried
 */
record Way<N>(ServerKind kind, Supplier<Optional<String>> missing, Supplier<N> start) {}
