package io.dedup.rabbit;

import com.rabbitmq.client.AMQP.BasicProperties;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.Delivery;
import io.dedup.Deduplicator;
import java.io.IOException;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Where messages go that are not to be tried again. {@code basic.reject} would drop one whose queue has no dead-letter
 * exchange; here the copy is confirmed by the broker before the original is acknowledged.
 */
final class DeadLetters {

    private static final Logger log = LoggerFactory.getLogger(DeadLetters.class);

    private final Connection connection;
    private final Deduplicator dedup;
    private final String consumer;
    private final @Nullable String queue;
    private final DeliveryListener listener;

    DeadLetters(Connection connection, Options options) {
        this.connection = connection;
        this.dedup = options.dedup();
        this.consumer = options.consumer();
        this.queue = options.deadLetterQueue();
        this.listener = options.listener();
    }

    /** Whether they go to the dead-letter exchange of the queue they came from, and not to ours. */
    boolean isBrokers() {
        return queue == null;
    }

    /** Declares the queue, unless there is one by this name, made by whoever and however. */
    void declare() throws IOException {
        if (queue != null && !Queues.exists(connection, queue)) {
            Queues.declareDurable(connection, queue);
        }
    }

    void publish(Delivery delivery, Verdict.DeadLetter dead) throws IOException {
        try {
            publish(delivery, DeadLetterHeaders.of(delivery, consumer, dead));
        } catch (IllegalArgumentException e) { // amqp-client: the headers are larger than a frame
            publish(delivery, DeadLetterHeaders.brief(delivery, consumer, dead));
        }
    }

    private void publish(Delivery delivery, Map<String, Object> headers) throws IOException {
        BasicProperties properties = delivery.getProperties()
                .builder()
                .headers(headers)
                .deliveryMode(2)
                .expiration(null) // it would empty the dead-letter queue behind everyone's back
                .userId(null) // the broker takes only the publishing user's own name
                .build();
        ConfirmedPublish.run(connection, String.valueOf(queue), properties, delivery.getBody());
    }

    /** The count of attempts ends with them: a dead letter that is replayed has all of them again. */
    void done(Verdict.DeadLetter dead) {
        listener.onDeadLetter(consumer, dead.reason());
        if (dead.key() != null && dead.attempts() != null) {
            try {
                dedup.forgetFailures(dead.key());
            } catch (RuntimeException e) {
                log.debug("{} - the count of its failures stays until the purge", dead.key(), e);
            }
        }
    }
}
