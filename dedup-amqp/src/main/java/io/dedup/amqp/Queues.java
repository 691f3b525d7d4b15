package io.dedup.amqp;

import com.rabbitmq.client.AMQP;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.ShutdownSignalException;
import java.io.IOException;
import java.util.Map;

/** Looks for queues and declares them, on channels of its own: a refusal closes the channel. */
public final class Queues {

    private Queues() {}

    /**
     * Whether there is a queue by a name.
     *
     * @param connection the connection
     * @param queue the name
     * @return true if there is one
     * @throws IOException if it cannot be looked at
     */
    public static boolean exists(Connection connection, String queue) throws IOException {
        Channel channel = Channels.open(connection);
        try {
            channel.queueDeclarePassive(queue);
            return true;
        } catch (IOException e) {
            if (e.getCause() instanceof ShutdownSignalException closed
                    && closed.getReason() instanceof AMQP.Channel.Close reason
                    && reason.getReplyCode() == AMQP.NOT_FOUND) {
                return false;
            }
            throw e;
        } finally {
            Channels.close(channel);
        }
    }

    /**
     * Declares a durable queue, replicated where the broker can do that.
     *
     * @param connection the connection
     * @param queue the name
     * @throws IOException if the broker refuses
     */
    public static void declareDurable(Connection connection, String queue) throws IOException {
        boolean rabbit =
                String.valueOf(connection.getServerProperties().get("product")).equals("RabbitMQ");
        Map<String, Object> arguments = rabbit ? Map.of("x-queue-type", "quorum") : Map.of();
        Channel channel = Channels.open(connection);
        try {
            channel.queueDeclare(queue, true, false, false, arguments);
        } finally {
            Channels.close(channel);
        }
    }

    /**
     * The broker's own words, which amqp-client keeps in the cause.
     *
     * @param e what amqp-client threw
     * @return the words
     */
    public static String reasonOf(Exception e) {
        return String.valueOf(
                e.getCause() == null ? e.getMessage() : e.getCause().getMessage());
    }
}
