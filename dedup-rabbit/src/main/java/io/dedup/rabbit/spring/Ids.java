package io.dedup.rabbit.spring;

import com.rabbitmq.client.Delivery;
import com.rabbitmq.client.Envelope;
import io.dedup.rabbit.MessageIdResolver;
import org.jspecify.annotations.Nullable;
import org.springframework.amqp.core.Message;
import org.springframework.amqp.core.MessageProperties;
import org.springframework.amqp.rabbit.support.DefaultMessagePropertiesConverter;

/** {@link MessageIdResolver} for Spring's messages. Thread-safe. */
@FunctionalInterface
interface Ids {

    /** Null or blank if it has none. */
    @Nullable String of(Message message);

    static Ids by(MessageIdResolver resolver) {
        DefaultMessagePropertiesConverter converter = new DefaultMessagePropertiesConverter();
        return message -> {
            MessageProperties properties = message.getMessageProperties();
            Envelope envelope = new Envelope(
                    properties.getDeliveryTag(),
                    Boolean.TRUE.equals(properties.getRedelivered()),
                    properties.getReceivedExchange(),
                    properties.getReceivedRoutingKey());
            return resolver.resolve(
                    new Delivery(envelope, converter.fromMessageProperties(properties, "UTF-8"), message.getBody()));
        };
    }
}
