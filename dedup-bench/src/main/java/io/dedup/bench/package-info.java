/** How fast, compared with no protection and with others: {@code mvn -q -Pbench}. */
@NullMarked
package io.dedup.bench;

import org.jspecify.annotations.NullMarked;
