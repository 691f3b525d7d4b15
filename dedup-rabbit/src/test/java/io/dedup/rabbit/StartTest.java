package io.dedup.rabbit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.dedup.DedupException;
import io.dedup.Deduplicator;
import io.dedup.test.Database;
import io.dedup.test.PostgresServer;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** What is wrong at start is said at start, and nothing has been taken from the queue. */
class StartTest extends WithShop {

    @Test
    void aMissingQueue() {
        assertRefused(
                DedupConsumer.builder(shop.connection, shop.publishing, shop.dedup, "no-such-queue"),
                "there is no queue 'no-such-queue'; declare it");
        assertThat(shop.connection.isOpen()).isTrue();
    }

    @Test
    void aPoolSmallerThanTheConcurrency() {
        assertRefused(shop.consumer().concurrency(21), "the pool has 20 connections for a concurrency of 21");
    }

    @Test
    void aMissingTable(PostgresServer server) {
        Deduplicator unmigrated = Deduplicator.create(server.createDatabase().dataSource());
        assertRefused(
                DedupConsumer.builder(shop.connection, shop.publishing, unmigrated, shop.queue),
                "V1__processed_message.sql");
    }

    @Test
    void wrongCredentials(Database database) {
        Database wrong = new Database(database.host(), database.port(), database.name(), "nobody_here", "wrong");
        assertRefused(
                DedupConsumer.builder(
                        shop.connection, shop.publishing, Deduplicator.create(wrong.dataSource()), shop.queue),
                "check the DataSource's URL, user and password");
    }

    @Test
    void aQueueThatAnotherConsumerHasForItself() throws Exception {
        shop.publisher.queueDelete(shop.queue);
        shop.publisher.queueDeclare(shop.queue, true, false, false, null);
        shop.publisher.basicConsume(shop.queue, false, "", false, true, null, (tag, delivery) -> {}, tag -> {});
        assertRefused(shop.consumer().concurrency(2), "cannot consume from queue '" + shop.queue + "'");
    }

    @Test
    void aClosedConnection() throws Exception {
        var closed = shop.broker().connectionFactory().newConnection();
        closed.close();
        assertRefused(shop.consumer(closed), "check the connection");
    }

    @Test
    void valuesThatMakeNoSense() {
        DedupConsumerBuilder builder = shop.consumer();
        assertThatThrownBy(() -> builder.concurrency(0)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> builder.prefetch(0)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> builder.prefetch(70_000)).hasMessageContaining("65535");
        assertThatThrownBy(() -> builder.pause(Duration.ofSeconds(2), Duration.ofSeconds(1)))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> builder.consumer(" ").start(shop.save())).hasMessageContaining("consumer is blank");
    }

    private void assertRefused(DedupConsumerBuilder builder, String reason) {
        assertThatThrownBy(() -> builder.start(shop.save()))
                .isInstanceOf(DedupException.class)
                .hasMessageContaining(reason);
    }
}
