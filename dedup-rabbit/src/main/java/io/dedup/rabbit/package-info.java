/**
 * De-duplicating consumers on plain amqp-client. Start at {@link io.dedup.rabbit.DedupConsumer}.
 */
@NullMarked
package io.dedup.rabbit;

import org.jspecify.annotations.NullMarked;
