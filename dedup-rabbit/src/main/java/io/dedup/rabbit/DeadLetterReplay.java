package io.dedup.rabbit;

import com.rabbitmq.client.AMQP.BasicProperties;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.GetResponse;
import io.dedup.amqp.Channels;
import io.dedup.amqp.DeadLetterHeaders;
import java.io.IOException;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Takes dead letters back to the queue they came from, once what made them fail is mended. Each keeps its ID, its body
 * and the headers that it was published with, so it is processed if it never was, and recognised if it was. Its attempts
 * start anew.
 */
public final class DeadLetterReplay {

    private static final long TIMEOUT_MILLIS = 10_000;

    private DeadLetterReplay() {}

    /**
     * Replays the dead letters that are there now; one that fails again meanwhile waits for the next replay. Each is
     * confirmed by the broker before it is removed, so a crash in the middle loses none (it may leave one in both
     * queues, where it is recognised).
     *
     * @param connection the broker
     * @param deadLetterQueue where they are, such as {@code orders.dead}
     * @param queue where they shall go, such as {@code orders}
     * @return how many were replayed
     * @throws IOException if a queue is missing or the broker does not confirm; the rest stays where it is
     */
    public static int run(Connection connection, String deadLetterQueue, String queue) throws IOException {
        Channel getting = Channels.open(connection);
        Channel publishing = Channels.open(connection);
        try {
            getting.queueDeclarePassive(queue);
            publishing.confirmSelect();
            long waiting = getting.queueDeclarePassive(deadLetterQueue).getMessageCount();
            int replayed = 0;
            while (replayed < waiting) {
                GetResponse dead = getting.basicGet(deadLetterQueue, false);
                if (dead == null) {
                    break;
                }
                publish(publishing, queue, dead);
                getting.basicAck(dead.getEnvelope().getDeliveryTag(), false);
                replayed++;
            }
            return replayed;
        } finally {
            Channels.close(publishing);
            Channels.close(getting);
        }
    }

    private static void publish(Channel channel, String queue, GetResponse dead) throws IOException {
        BasicProperties properties = dead.getProps()
                .builder()
                .headers(DeadLetterHeaders.withoutOurs(dead.getProps().getHeaders()))
                .build();
        AtomicBoolean returned = new AtomicBoolean();
        channel.addReturnListener(unroutable -> returned.set(true));
        channel.basicPublish("", queue, true, properties, dead.getBody());
        try {
            channel.waitForConfirmsOrDie(TIMEOUT_MILLIS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while waiting for the confirm", e);
        } catch (TimeoutException e) {
            throw new IOException("no confirm within " + TIMEOUT_MILLIS + " ms", e);
        }
        channel.clearReturnListeners();
        if (returned.get()) { // the broker sends the return before the confirm
            throw new IOException("there is no queue '" + queue + "' any more");
        }
    }
}
