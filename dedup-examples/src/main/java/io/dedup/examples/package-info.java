/**
 * Runnable programs. {@link io.dedup.examples.OrderConsumer} is a whole consumer; {@link io.dedup.examples.Demo} runs one
 * beside the same handler without the library, under faults.
 */
@NullMarked
package io.dedup.examples;

import org.jspecify.annotations.NullMarked;
