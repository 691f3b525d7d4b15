package io.dedup.spring;

import com.rabbitmq.client.AMQP.BasicProperties;
import com.rabbitmq.client.Delivery;
import com.rabbitmq.client.Envelope;
import org.springframework.amqp.core.Message;
import org.springframework.amqp.core.MessageBuilder;
import org.springframework.amqp.core.MessageProperties;
import org.springframework.amqp.rabbit.support.DefaultMessagePropertiesConverter;
import org.springframework.amqp.rabbit.support.MessagePropertiesConverter;

/** Messages of Spring's, turned into what else is needed. */
final class SpringMessages {

    private static final MessagePropertiesConverter CONVERTER = new DefaultMessagePropertiesConverter();

    private SpringMessages() {}

    /** As amqp-client would have delivered it. */
    static Delivery delivery(Message message) {
        MessageProperties properties = message.getMessageProperties();
        Envelope envelope = new Envelope(
                properties.getDeliveryTag(),
                Boolean.TRUE.equals(properties.getRedelivered()),
                properties.getReceivedExchange(),
                properties.getReceivedRoutingKey());
        BasicProperties back = CONVERTER
                .fromMessageProperties(properties, "UTF-8")
                .builder()
                .userId(properties.getReceivedUserId())
                .build();
        return new Delivery(envelope, back, message.getBody());
    }

    /** For a run: de-batching and handlers change a message's properties, and another run needs them as they were. */
    static Message copy(Message message) {
        return MessageBuilder.fromClonedMessage(message).build();
    }
}
