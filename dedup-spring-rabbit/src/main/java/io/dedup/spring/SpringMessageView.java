package io.dedup.spring;

import com.rabbitmq.client.LongString;
import io.dedup.MessageView;
import org.jspecify.annotations.Nullable;
import org.springframework.amqp.core.Message;
import org.springframework.amqp.core.MessageDeliveryMode;
import org.springframework.amqp.core.MessageProperties;

/** A message of Spring's as {@link io.dedup.MessageIdResolver} and {@link io.dedup.LaneKey} see it. */
record SpringMessageView(Message message) implements MessageView {

    @Override
    public @Nullable Object property(String name) {
        MessageProperties properties = message.getMessageProperties();
        return switch (name) {
            case "message-id" -> properties.getMessageId();
            case "correlation-id" -> properties.getCorrelationId();
            case "type" -> properties.getType();
            case "app-id" -> properties.getAppId();
            case "user-id" -> properties.getReceivedUserId();
            case "reply-to" -> properties.getReplyTo();
            case "content-type" -> properties.getContentType();
            case "content-encoding" -> properties.getContentEncoding();
            case "timestamp" -> properties.getTimestamp();
            case "priority" -> properties.getPriority();
            case "delivery-mode" -> deliveryMode(properties);
            case "expiration" -> properties.getExpiration();
            case "exchange" -> properties.getReceivedExchange();
            case "routing-key" -> properties.getReceivedRoutingKey();
            default -> throw new IllegalArgumentException("AMQP 0-9-1 has no property '" + name + "'");
        };
    }

    private static @Nullable Integer deliveryMode(MessageProperties properties) {
        MessageDeliveryMode mode = properties.getReceivedDeliveryMode();
        return mode == null ? null : (Integer) MessageDeliveryMode.toInt(mode);
    }

    @Override
    public @Nullable Object header(String name) {
        Object value = message.getMessageProperties().getHeaders().get(name);
        return value instanceof LongString text ? text.toString() : value;
    }

    @Override
    public byte[] body() {
        return message.getBody();
    }
}
