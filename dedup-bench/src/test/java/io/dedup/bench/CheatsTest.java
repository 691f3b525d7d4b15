package io.dedup.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.Delivery;
import java.io.IOException;
import java.sql.SQLException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Contestants who cheat are found out. */
class CheatsTest {

    private static TestBed bed;

    @BeforeAll
    static void start() throws Exception {
        bed = TestBed.start();
    }

    @AfterAll
    static void stop() throws Exception {
        bed.close();
    }

    @Test
    void who_commits_the_key_before_the_work_is_not_atomic() throws Exception {
        Cheat keyFirst = new Cheat((arena, order) -> {
            PlainAmqp.inTransaction(arena, tx -> {
                try (var insert = tx.prepareStatement("INSERT INTO inbox VALUES (?) ON CONFLICT DO NOTHING")) {
                    insert.setString(1, order.id());
                    insert.executeUpdate();
                }
            });
            PlainAmqp.inTransaction(arena, tx -> arena.work().one(tx, order));
        });
        Atomicity.Verdict verdict = new Atomicity(bed).of(keyFirst);
        assertThat(verdict.whileWorking()).isEqualTo(1);
        assertThat(verdict.atomic()).isFalse();
    }

    @Test
    void who_skips_the_work_is_not_measured() {
        assertThatThrownBy(() -> run((arena, order) -> {}))
                .hasMessageContaining("0 effects of 0 orders for 20 messages");
    }

    @Test
    void who_does_the_work_twice_is_not_measured() {
        assertThatThrownBy(() -> run((arena, order) -> {
                    PlainAmqp.inTransaction(arena, tx -> arena.work().one(tx, order));
                    PlainAmqp.inTransaction(arena, tx -> arena.work().one(tx, order));
                }))
                .hasMessageContaining("40 effects of 20 orders for 20 messages");
    }

    @Test
    void who_works_honestly_is_measured_to_the_last_acknowledgement() throws Exception {
        Track.Run run = run((arena, order) ->
                PlainAmqp.inTransaction(arena, tx -> arena.work().one(tx, order)));
        assertThat(run.finished()).isTrue();
        assertThat(run.perSecond()).isPositive();
        assertThat(run.use().bytes()).isPositive();
        assertThat(run.walBytes()).isPositive();
    }

    private static Track.Run run(Way way) throws Exception {
        return new Track(bed).run(new Cheat(way), Write.INSERT_AND_UPDATE, 2, Load.fresh(20));
    }

    private interface Way {
        void handle(Arena arena, Order order) throws SQLException;
    }

    /** Acknowledges whatever its way of handling does, unless that throws. */
    private record Cheat(Way way) implements Contestant {

        @Override
        public Label label() {
            return new Label("cheat", Kind.RIVAL, Tables.HAND_WRITTEN);
        }

        @Override
        public AutoCloseable start(Arena arena) throws Exception {
            Connection connection = arena.broker().newConnection();
            Channel channel = connection.createChannel();
            channel.basicConsume(TestBed.QUEUE, false, (tag, delivery) -> handle(arena, channel, delivery), tag -> {});
            return connection;
        }

        private void handle(Arena arena, Channel channel, Delivery delivery) throws IOException {
            long tag = delivery.getEnvelope().getDeliveryTag();
            try {
                way.handle(arena, Order.fromJson(delivery.getBody()));
                channel.basicAck(tag, false);
            } catch (SQLException | RuntimeException e) {
                channel.basicNack(tag, false, true);
            }
        }
    }
}
