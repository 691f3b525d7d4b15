package io.dedup.rabbit;

import com.rabbitmq.client.AMQP.BasicProperties;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.Delivery;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * A durable queue for what can never be processed. {@code basic.reject} would drop a message whose queue has no
 * dead-letter exchange; here the copy is confirmed by the broker before the original is acknowledged. Dead letters are
 * rare, so each takes a channel of its own, and there is none to keep alive.
 *
 * @see <a href="https://www.rabbitmq.com/docs/confirms#publisher-confirms">RabbitMQ, publisher confirms</a>
 */
final class DeadLetters {

    private static final long CONFIRM_TIMEOUT_MILLIS = 10_000;

    private final Connection connection;
    private final String consumer;
    private final String queue;

    DeadLetters(Connection connection, Options options) {
        this.connection = connection;
        this.consumer = options.consumer();
        this.queue = options.deadLetterQueue();
    }

    String queue() {
        return queue;
    }

    /** Declares the queue, unless there is one by this name, made by whoever and however. */
    void declare() throws IOException {
        if (!Queues.exists(connection, queue)) {
            Queues.declareDurable(connection, queue);
        }
    }

    void publish(Delivery delivery, Verdict.DeadLetter dead) throws IOException {
        try (Channel channel = connection.createChannel()) {
            AtomicBoolean returned = new AtomicBoolean();
            channel.addReturnListener(unroutable -> returned.set(true));
            channel.confirmSelect();
            channel.basicPublish("", queue, true, propertiesOf(delivery, dead), delivery.getBody());
            channel.waitForConfirmsOrDie(CONFIRM_TIMEOUT_MILLIS);
            // The broker sends the return before the confirm.
            if (returned.get()) {
                throw new IOException("there is no queue " + queue + " any more");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while waiting for the confirm", e);
        } catch (TimeoutException e) {
            throw new IOException("no confirm within " + CONFIRM_TIMEOUT_MILLIS + " ms", e);
        }
    }

    private BasicProperties propertiesOf(Delivery delivery, Verdict.DeadLetter dead) {
        BasicProperties original = delivery.getProperties();
        Map<String, Object> headers = new HashMap<>();
        if (original.getHeaders() != null) {
            headers.putAll(original.getHeaders());
        }
        headers.put("x-dedup-reason", dead.reason());
        headers.put("x-dedup-consumer", consumer);
        headers.put("x-dedup-exchange", delivery.getEnvelope().getExchange());
        headers.put("x-dedup-routing-key", delivery.getEnvelope().getRoutingKey());
        // An expiration would empty the dead-letter queue behind everyone's back.
        return original.builder()
                .headers(headers)
                .deliveryMode(2)
                .expiration(null)
                .build();
    }
}
