/** The promise under random faults, for minutes: {@code mvn -Psoak}. */
@NullMarked
package io.dedup.examples.soak;

import org.jspecify.annotations.NullMarked;
