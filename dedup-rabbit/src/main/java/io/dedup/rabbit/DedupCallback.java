package io.dedup.rabbit;

import com.rabbitmq.client.Channel;
import com.rabbitmq.client.DeliverCallback;
import com.rabbitmq.client.Delivery;
import io.dedup.amqp.AckChannel;
import io.dedup.amqp.DeliveryCount;
import io.dedup.amqp.DeliverySettler;
import io.dedup.amqp.HeldDelivery;

/** Processes and settles deliveries on a channel that is someone else's. */
record DedupCallback(AckChannel acks, DeliverySettler<Delivery> settler) implements DeliverCallback {

    static DedupCallback on(Channel channel, DeliverySettler<Delivery> settler) {
        return new DedupCallback(AckChannel.shared(channel), settler);
    }

    @Override
    public void handle(String consumerTag, Delivery delivery) {
        settler.process(new HeldDelivery<>(
                delivery,
                acks,
                delivery.getEnvelope().getDeliveryTag(),
                DeliveryCount.of(delivery.getProperties().getHeaders()),
                null));
    }
}
