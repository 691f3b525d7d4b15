package io.dedup.examples;

import com.rabbitmq.client.AlreadyClosedException;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Delivery;
import io.dedup.rabbit.DeliveryHandler;
import java.io.IOException;
import java.sql.Connection;
import javax.sql.DataSource;

/** The handler without the library, as one writes it by hand: a transaction per message, acknowledged after its commit. */
final class PlainSide {

    private final DataSource postgres;
    private final DeliveryHandler handler;
    private final Tally tally;

    private PlainSide(Side side) {
        this.postgres = side.pool();
        this.handler = side.handler();
        this.tally = side.tally();
    }

    static Side.Running start(Side side) throws IOException {
        PlainSide consumer = new PlainSide(side);
        for (int i = 0; i < Settings.CONCURRENCY; i++) {
            Channel channel = side.rabbit().createChannel();
            channel.basicQos(Settings.PREFETCH);
            channel.basicConsume(side.queue(), false, (tag, delivery) -> consumer.handle(channel, delivery), tag -> {});
        }
        return () -> {}; // ends with its connection
    }

    private void handle(Channel channel, Delivery delivery) {
        tally.begin();
        tally.delivered(delivery.getEnvelope().isRedeliver());
        long tag = delivery.getEnvelope().getDeliveryTag();
        try {
            if (isBooked(delivery)) {
                channel.basicAck(tag, false);
            } else {
                channel.basicNack(tag, false, true);
            }
        } catch (IOException | AlreadyClosedException e) {
            // The connection is lost, and recovers by itself; the broker sends the message again.
        } finally {
            tally.end();
        }
    }

    private boolean isBooked(Delivery delivery) {
        try (Connection tx = postgres.getConnection()) {
            tx.setAutoCommit(false);
            handler.handle(tx, delivery);
            tx.commit();
            return true;
        } catch (Exception e) { // closing the connection rolls it back
            return false;
        }
    }
}
