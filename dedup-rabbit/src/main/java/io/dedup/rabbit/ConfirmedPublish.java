package io.dedup.rabbit;

import com.rabbitmq.client.AMQP.BasicProperties;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import java.io.IOException;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Puts one message into a queue and returns once the broker has it for good. For what is rare: each takes a channel of
 * its own, so there is none to keep alive.
 *
 * @see <a href="https://www.rabbitmq.com/docs/confirms#publisher-confirms">RabbitMQ, publisher confirms</a>
 */
final class ConfirmedPublish {

    private static final long TIMEOUT_MILLIS = 10_000;

    private ConfirmedPublish() {}

    static void run(Connection connection, String queue, BasicProperties properties, byte[] body) throws IOException {
        try (Channel channel = Channels.open(connection)) {
            AtomicBoolean returned = new AtomicBoolean();
            channel.addReturnListener(unroutable -> returned.set(true));
            channel.confirmSelect();
            channel.basicPublish("", queue, true, properties, body);
            channel.waitForConfirmsOrDie(TIMEOUT_MILLIS);
            // The broker sends the return before the confirm.
            if (returned.get()) {
                throw new IOException("there is no queue '" + queue + "' any more");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while waiting for the confirm", e);
        } catch (TimeoutException e) {
            throw new IOException("no confirm within " + TIMEOUT_MILLIS + " ms", e);
        }
    }
}
