package io.dedup.rabbit;

import static io.dedup.rabbit.Shop.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import com.rabbitmq.client.AMQP.BasicProperties;
import com.rabbitmq.client.Channel;
import io.dedup.MessageIdResolver;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** On a channel that the application owns. */
@Timeout(90)
class DedupCallbackTest extends WithShop {

    private Channel channel;

    @BeforeEach
    void open() throws Exception {
        channel = shop.connection.createChannel();
        channel.basicQos(10);
    }

    @Test
    void repeatsAreSkippedAndEverythingIsAcked() throws Exception {
        consume(shop.save());
        for (int i = 0; i < 40; i++) {
            shop.publish("order " + i % 20);
        }
        shop.awaitDone(40);
        assertSettled();
        assertThat(shop.effects()).isEqualTo(20);
    }

    /** Trap 12: an exception that escapes a callback closes the channel. */
    @Test
    void noExceptionEscapesAndTheChannelStaysOpen() throws Exception {
        AtomicInteger runs = new AtomicInteger();
        consume((tx, delivery) -> {
            switch (runs.incrementAndGet()) {
                case 1 -> throw new StackOverflowError();
                case 2 -> throw new IllegalStateException();
                default -> shop.save(tx, "1");
            }
        });
        shop.publish("1");
        eventually().until(() -> shop.effects() == 1);
        assertThat(channel.isOpen()).isTrue();
        assertSettled();
    }

    @Test
    void aResolverThatThrowsIsAFailureAndNothingIsLost() throws Exception {
        AtomicInteger asked = new AtomicInteger();
        MessageIdResolver clumsy = delivery -> {
            if (asked.getAndIncrement() == 0) {
                throw new NullPointerException("clumsy");
            }
            return "1";
        };
        channel.basicConsume(
                shop.queue, false, shop.consumer().messageId(clumsy).callback(channel, shop.save()), tag -> {});
        shop.publish("1");
        eventually().until(() -> shop.effects() == 1);
        assertSettled();
    }

    @Test
    void whatHasNoIdIsDeadLettered() throws Exception {
        consume(shop.save());
        shop.publish(new BasicProperties(), "body");
        eventually().until(() -> shop.publisher.messageCount(shop.queue + ".dead") == 1);
        assertSettled();
    }

    private void consume(DeliveryHandler handler) throws Exception {
        channel.basicConsume(shop.queue, false, shop.consumer().callback(channel, handler), tag -> {});
    }

    private void assertSettled() throws Exception {
        Thread.sleep(300); // the callback's thread is the channel's: what it has processed, it acks at once
        channel.close();
        eventually().during(java.time.Duration.ofMillis(300)).until(() -> shop.ready() == 0);
    }
}
