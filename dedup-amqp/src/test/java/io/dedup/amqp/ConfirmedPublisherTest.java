package io.dedup.amqp;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.rabbitmq.client.AMQP.BasicProperties;
import com.rabbitmq.client.BlockedListener;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.ShutdownListener;
import java.io.IOException;
import java.lang.reflect.Proxy;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class ConfirmedPublisherTest {

    private BlockedListener blocked;
    private ShutdownListener shutdown;

    /** Opens no channel, and says so. */
    private final Connection connection = (Connection) Proxy.newProxyInstance(
            ConfirmedPublisherTest.class.getClassLoader(),
            new Class<?>[] {Connection.class},
            (proxy, method, arguments) -> {
                switch (method.getName()) {
                    case "isOpen" -> {
                        return true;
                    }
                    case "addBlockedListener" -> blocked = (BlockedListener) arguments[0];
                    case "addShutdownListener" -> shutdown = (ShutdownListener) arguments[0];
                    case "createChannel" -> throw new IOException("no channel");
                    default -> {}
                }
                return null;
            });

    private final ConfirmedPublisher publisher =
            new ConfirmedPublisher(() -> connection, false, Executors.newSingleThreadScheduledExecutor());

    private void publishFailsWith(String reason) {
        assertThatThrownBy(() -> publisher
                        .publish("", "orders.dead", true, new BasicProperties(), new byte[0])
                        .join())
                .hasMessageContaining(reason);
    }

    /** The broker restarts: the recovered connection is the same object, and nobody tells that it is not blocked. */
    @Test
    void whatBlockedAConnectionEndsWithTheConnection() throws Exception {
        publishFailsWith("no channel");
        blocked.handleBlocked("low on memory");
        publishFailsWith("low on memory");
        shutdown.shutdownCompleted(null);
        publishFailsWith("no channel");
        publisher.close();
    }
}
