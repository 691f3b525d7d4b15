package io.dedup.amqp;

import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.impl.recovery.AutorecoveringConnection;
import java.io.IOException;
import java.util.concurrent.TimeoutException;

/**
 * Opens channels that live once. What is opened on a recovering connection itself is recorded and revived: a consumer
 * that subscribes anew while amqp-client recovers the topology would be subscribed a second time under the same tag, and
 * the broker closes the whole connection for that (530).
 */
public final class Channels {

    private Channels() {}

    /**
     * Opens a channel that amqp-client does not recover.
     *
     * @param connection the connection, recovering or not
     * @return the channel
     * @throws IOException if the connection is closed or has no channel left
     */
    public static Channel open(Connection connection) throws IOException {
        Connection once =
                connection instanceof AutorecoveringConnection recovering ? recovering.getDelegate() : connection;
        Channel channel = once.createChannel();
        if (channel == null) {
            throw new IOException("the connection has no channel left (channel-max)");
        }
        return channel;
    }

    /**
     * Closes whatever is left of a channel; where the connection is a wrapped one, recovery forgets it by that.
     *
     * @param channel the channel
     */
    public static void close(Channel channel) {
        try {
            channel.close();
        } catch (IOException | TimeoutException | RuntimeException e) {
            // It was closed already, which is as good.
        }
    }
}
