package io.dedup.bench;

import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.Delivery;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** amqp-client and JDBC as one writes it by hand: a channel for each worker, a transaction and an ack for each message. */
final class PlainAmqp implements Contestant {

    private static final Logger log = LoggerFactory.getLogger(PlainAmqp.class);

    /** What is done with a message. */
    private interface Step {
        void run(Arena arena, Delivery delivery) throws SQLException;
    }

    private final Label label;
    private final boolean writes;
    private final Step step;

    private PlainAmqp(Label label, boolean writes, Step step) {
        this.label = label;
        this.writes = writes;
        this.step = step;
    }

    static PlainAmqp unprotected() {
        return new PlainAmqp(
                Label.unprotected("no protection, amqp-client", Kind.NO_PROTECTION),
                true,
                (arena, delivery) ->
                        inTransaction(arena, tx -> arena.work().one(tx, Order.fromJson(delivery.getBody()))));
    }

    static PlainAmqp withoutDatabase() {
        return new PlainAmqp(
                Label.unprotected("consume and ack, no database", Kind.LIMIT), false, (arena, delivery) -> {});
    }

    /** As tutorials show it; the primary key is there, so that of two at the same time one fails and comes again. */
    static PlainAmqp selectThenInsert() {
        return new PlainAmqp(
                new Label("hand-written: select, then insert", Kind.RIVAL, Tables.HAND_WRITTEN),
                true,
                (arena, delivery) -> inTransaction(arena, tx -> {
                    String id = delivery.getProperties().getMessageId();
                    if (!exists(tx, id)) {
                        insert(tx, id);
                        arena.work().one(tx, Order.fromJson(delivery.getBody()));
                    }
                }));
    }

    private static boolean exists(java.sql.Connection tx, String id) throws SQLException {
        try (PreparedStatement select = tx.prepareStatement("SELECT 1 FROM inbox WHERE message_id = ?")) {
            select.setString(1, id);
            ResultSet row = select.executeQuery();
            return row.next();
        }
    }

    private static void insert(java.sql.Connection tx, String id) throws SQLException {
        try (PreparedStatement insert = tx.prepareStatement("INSERT INTO inbox (message_id) VALUES (?)")) {
            insert.setString(1, id);
            insert.executeUpdate();
        }
    }

    /** JDBC code that throws what JDBC throws. */
    interface InTransaction {
        void run(java.sql.Connection tx) throws SQLException;
    }

    static void inTransaction(Arena arena, InTransaction body) throws SQLException {
        try (java.sql.Connection tx = arena.pool().getConnection()) { // closing rolls back what is not committed
            tx.setAutoCommit(false);
            body.run(tx);
            tx.commit();
        }
    }

    @Override
    public Label label() {
        return label;
    }

    @Override
    public boolean writes() {
        return writes;
    }

    @Override
    public AutoCloseable start(Arena arena) throws Exception {
        Connection connection = arena.broker().newConnection();
        for (int i = 0; i < arena.concurrency(); i++) {
            Channel channel = connection.createChannel();
            channel.basicQos(Settings.PREFETCH);
            channel.basicConsume(TestBed.QUEUE, false, (tag, delivery) -> handle(arena, channel, delivery), tag -> {});
        }
        return connection;
    }

    private void handle(Arena arena, Channel channel, Delivery delivery) throws java.io.IOException {
        long tag = delivery.getEnvelope().getDeliveryTag();
        try {
            step.run(arena, delivery);
            arena.committed().accept(delivery.getProperties().getMessageId());
            channel.basicAck(tag, false);
        } catch (SQLException | RuntimeException e) {
            log.info("a message comes again", e);
            channel.basicNack(tag, false, true);
        }
    }
}
