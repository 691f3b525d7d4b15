package io.dedup.rabbit;

import com.rabbitmq.client.Delivery;
import java.util.Map;

/**
 * How often a quorum queue has got a message back, by its own count. RabbitMQ 4 drops (or dead-letters) what has come back
 * 20 times, for whatever reason; since 4.3 nacks do not count.
 *
 * @see <a href="https://www.rabbitmq.com/docs/quorum-queues#poison-message-handling">RabbitMQ, delivery limit</a>
 */
final class Returns {

    private static final long MANY = 10;
    private static final long LAST = 18;

    private Returns() {}

    static long of(Delivery delivery) {
        Map<String, Object> headers = delivery.getProperties().getHeaders();
        return headers != null && headers.get("x-delivery-count") instanceof Number count ? count.longValue() : 0;
    }

    /** Whether the broker has handed it out before, to whomever; a publisher's copy of a message has a history of its own. */
    static boolean isRedelivered(Delivery delivery) {
        return delivery.getEnvelope().isRedeliver() || of(delivery) > 0;
    }

    /** From here on a message stays with its consumer between two attempts, and does not go back. */
    static boolean areMany(Delivery delivery) {
        return of(delivery) >= MANY;
    }

    /** It came back all the same: its handler may end the process, which leaves no other trace. */
    static boolean areTooMany(Delivery delivery) {
        return of(delivery) >= LAST;
    }
}
