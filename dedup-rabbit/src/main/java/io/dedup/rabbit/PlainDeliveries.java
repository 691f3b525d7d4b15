package io.dedup.rabbit;

import com.rabbitmq.client.AMQP.BasicProperties;
import com.rabbitmq.client.Delivery;
import io.dedup.MessageView;
import io.dedup.Reply;
import io.dedup.amqp.AmqpMessageView;
import io.dedup.amqp.ConfirmedPublisher;
import io.dedup.amqp.DeliveryCount;
import io.dedup.amqp.HeldContent;
import io.dedup.amqp.HeldDelivery;
import io.dedup.spi.DeliveryType;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** What the library needs to know of amqp-client's deliveries. Thread-safe. */
final class PlainDeliveries implements DeliveryType<HeldDelivery<Delivery>>, HeldContent<Delivery> {

    private final ConsumerConfig config;
    private final ConfirmedPublisher publisher;

    PlainDeliveries(ConsumerConfig config, ConfirmedPublisher publisher) {
        this.config = config;
        this.publisher = publisher;
    }

    @Override
    public MessageView view(HeldDelivery<Delivery> held) {
        return new AmqpMessageView(held.content());
    }

    @Override
    public String consumer(HeldDelivery<Delivery> held) {
        return config.consumer();
    }

    @Override
    public String consumerOf(Delivery delivery) {
        return config.consumer();
    }

    @Override
    public boolean isRedelivered(HeldDelivery<Delivery> held) {
        return held.isAfterUnknown() || DeliveryCount.isRedelivered(held.content());
    }

    @Override
    public @Nullable String refusal(HeldDelivery<Delivery> held) {
        return DeliveryCount.refusal(
                held.content().getEnvelope().isRedeliver(),
                held.content().getProperties().getHeaders());
    }

    @Override
    public @Nullable Object entity(HeldDelivery<Delivery> held) {
        return held.entity();
    }

    @Override
    public Delivery original(Delivery delivery) {
        return delivery;
    }

    @Override
    public String deadLetterQueue(Delivery delivery) {
        return config.deadLetterQueue();
    }

    /** A reply that nobody waits for any more is dropped by the broker, so it is not mandatory. */
    @Override
    public CompletableFuture<Void> reply(Delivery request, Reply reply) {
        BasicProperties properties = new BasicProperties.Builder()
                .correlationId(request.getProperties().getCorrelationId())
                .contentType(reply.contentType())
                .build();
        return publisher.publish("", request.getProperties().getReplyTo(), false, properties, reply.body());
    }
}
