/**
 * For adapters to brokers and frameworks: interfaces and records; what implements them stays in {@link io.dedup}. Start at
 * {@link io.dedup.spi.Engine}. Applications need nothing of this package.
 */
@NullMarked
package io.dedup.spi;

import org.jspecify.annotations.NullMarked;
