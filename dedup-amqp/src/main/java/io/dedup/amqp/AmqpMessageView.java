package io.dedup.amqp;

import com.rabbitmq.client.AMQP.BasicProperties;
import com.rabbitmq.client.Delivery;
import com.rabbitmq.client.LongString;
import io.dedup.MessageView;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A delivery of amqp-client as {@link io.dedup.MessageIdResolver} and {@link io.dedup.LaneKey} see it.
 *
 * @param delivery the delivery
 */
public record AmqpMessageView(Delivery delivery) implements MessageView {

    @Override
    public @Nullable Object property(String name) {
        BasicProperties properties = delivery.getProperties();
        return switch (name) {
            case "message-id" -> properties.getMessageId();
            case "correlation-id" -> properties.getCorrelationId();
            case "type" -> properties.getType();
            case "app-id" -> properties.getAppId();
            case "user-id" -> properties.getUserId();
            case "reply-to" -> properties.getReplyTo();
            case "content-type" -> properties.getContentType();
            case "content-encoding" -> properties.getContentEncoding();
            case "timestamp" -> properties.getTimestamp();
            case "priority" -> properties.getPriority();
            case "delivery-mode" -> properties.getDeliveryMode();
            case "expiration" -> properties.getExpiration();
            case "exchange" -> delivery.getEnvelope().getExchange();
            case "routing-key" -> delivery.getEnvelope().getRoutingKey();
            default -> throw new IllegalArgumentException("AMQP 0-9-1 has no property '" + name + "'");
        };
    }

    @Override
    public @Nullable Object header(String name) {
        Map<String, Object> headers = delivery.getProperties().getHeaders();
        Object value = headers == null ? null : headers.get(name);
        return value instanceof LongString text ? text.toString() : value;
    }

    @Override
    public byte[] body() {
        return delivery.getBody();
    }
}
