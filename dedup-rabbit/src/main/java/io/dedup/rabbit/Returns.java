package io.dedup.rabbit;

import com.rabbitmq.client.Delivery;
import java.util.Map;

/** How often a quorum queue has got a message back, by its own count. */
final class Returns {

    private Returns() {}

    /** Those that count toward the delivery limit: since RabbitMQ 4.3 without nacks. 0 on other queues. */
    static long of(Delivery delivery) {
        Map<String, Object> headers = delivery.getProperties().getHeaders();
        return headers != null && headers.get("x-delivery-count") instanceof Number count ? count.longValue() : 0;
    }
}
