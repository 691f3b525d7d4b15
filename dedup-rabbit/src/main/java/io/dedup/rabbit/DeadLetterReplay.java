package io.dedup.rabbit;

import com.rabbitmq.client.AMQP.BasicProperties;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.GetResponse;
import java.io.IOException;

/**
 * Takes dead letters back to the queue they came from, once what made them fail is mended. Each keeps its ID, its body
 * and the headers that it was published with, so it is processed if it never was, and recognised if it was. Its attempts
 * start anew.
 */
public final class DeadLetterReplay {

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
        Channel channel = Channels.open(connection);
        try {
            channel.queueDeclarePassive(queue);
            long waiting = channel.queueDeclarePassive(deadLetterQueue).getMessageCount();
            int replayed = 0;
            while (replayed < waiting) {
                GetResponse dead = channel.basicGet(deadLetterQueue, false);
                if (dead == null) {
                    break;
                }
                BasicProperties properties = dead.getProps()
                        .builder()
                        .headers(DeadLetterHeaders.withoutOurs(dead.getProps().getHeaders()))
                        .build();
                ConfirmedPublish.run(connection, queue, properties, dead.getBody());
                channel.basicAck(dead.getEnvelope().getDeliveryTag(), false);
                replayed++;
            }
            return replayed;
        } finally {
            Channels.close(channel);
        }
    }
}
