package io.dedup.examples;

import com.rabbitmq.client.AMQP.BasicProperties;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.TimeoutException;

/** Publishes orders as publishers should: with a message ID, persistent, and confirmed by the broker. */
final class OrderPublisher {

    private static final int CONFIRM_EVERY = 500;
    private static final long CONFIRM_TIMEOUT_MILLIS = 30_000;

    private OrderPublisher() {}

    static void publish(Connection broker, String exchange, List<Order> stream)
            throws IOException, TimeoutException, InterruptedException {
        try (Channel channel = broker.createChannel()) {
            channel.confirmSelect();
            int sent = 0;
            for (Order order : stream) {
                channel.basicPublish(exchange, "", propertiesOf(order), order.toJson());
                if (++sent % CONFIRM_EVERY == 0) {
                    channel.waitForConfirmsOrDie(CONFIRM_TIMEOUT_MILLIS);
                }
            }
            channel.waitForConfirmsOrDie(CONFIRM_TIMEOUT_MILLIS);
        }
    }

    /** A retry carries the same message ID: it is what makes it the same message. */
    private static BasicProperties propertiesOf(Order order) {
        return new BasicProperties.Builder()
                .messageId(order.id())
                .contentType("application/json")
                .deliveryMode(2)
                .build();
    }
}
