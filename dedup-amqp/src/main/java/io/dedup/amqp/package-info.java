/**
 * What the library's adapters for RabbitMQ do with amqp-client, once: acknowledging, holding deliveries between attempts,
 * dead-lettering, replies. For those adapters; applications need nothing of this package.
 */
@NullMarked
package io.dedup.amqp;

import org.jspecify.annotations.NullMarked;
