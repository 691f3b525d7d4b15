package io.dedup.proof;

import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Delivery;
import io.dedup.rabbit.DedupConsumerBuilder;
import io.dedup.rabbit.Shop;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;

/** The ways in of the plain client. */
enum PlainWay implements WayIn {
    ONE_BY_ONE {
        @Override
        AutoCloseable start(Shop shop, DedupConsumerBuilder builder, ContractHandler handler) {
            return builder.start((tx, delivery) -> handle(handler, shop, tx, delivery));
        }
    },

    GROUPS {
        @Override
        AutoCloseable start(Shop shop, DedupConsumerBuilder builder, ContractHandler handler) {
            return builder.maxGroup(10).start((tx, delivery) -> handle(handler, shop, tx, delivery));
        }
    },

    /** Each message is an entity of its own, so that they need not wait for each other. */
    LANES {
        @Override
        AutoCloseable start(Shop shop, DedupConsumerBuilder builder, ContractHandler handler) {
            return builder.concurrency(3)
                    .lane(message -> String.valueOf(message.property("message-id")))
                    .start((tx, delivery) -> handle(handler, shop, tx, delivery));
        }
    },

    BATCH {
        @Override
        AutoCloseable start(Shop shop, DedupConsumerBuilder builder, ContractHandler handler) {
            return builder.startBatch((tx, fresh) -> {
                for (Delivery each : fresh) {
                    handle(handler, shop, tx, each);
                }
            });
        }
    },

    DEFERRED {
        @Override
        AutoCloseable start(Shop shop, DedupConsumerBuilder builder, ContractHandler handler) {
            return builder.startDeferred((writes, delivery) -> {
                String id = delivery.getProperties().getMessageId();
                handler.handle(sql -> writes.add(sql, shop.queue, id), id);
            });
        }
    },

    /** Gives what waits for its next attempt back to the queue after its pause; others pass meanwhile. */
    CALLBACK {
        @Override
        AutoCloseable start(Shop shop, DedupConsumerBuilder builder, ContractHandler handler) throws Exception {
            Channel channel = shop.connection.createChannel();
            channel.basicQos(100);
            channel.basicConsume(
                    shop.queue,
                    false,
                    builder.callback(channel, (tx, delivery) -> handle(handler, shop, tx, delivery)),
                    tag -> {});
            return channel;
        }
    };

    abstract AutoCloseable start(Shop shop, DedupConsumerBuilder builder, ContractHandler handler) throws Exception;

    @Override
    public AutoCloseable consume(Shop shop, ContractTerms terms, ContractHandler handler) throws Exception {
        DedupConsumerBuilder builder = shop.consumer()
                .maxAttempts(terms.maxAttempts())
                .onMissingId(terms.missingId())
                .onDifferentBody(terms.differentBody())
                .pause(terms.firstPause(), terms.longestPause());
        return start(shop, builder, handler);
    }

    private static void handle(ContractHandler handler, Shop shop, Connection tx, Delivery delivery) throws Exception {
        String id = delivery.getProperties().getMessageId();
        handler.handle(sql -> write(tx, sql, shop.queue, id), id);
    }

    static void write(Connection tx, String sql, String queue, String id) throws SQLException {
        try (PreparedStatement statement = tx.prepareStatement(sql)) {
            statement.setString(1, queue);
            statement.setString(2, id);
            statement.executeUpdate();
        }
    }
}
