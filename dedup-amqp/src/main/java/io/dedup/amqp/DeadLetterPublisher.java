package io.dedup.amqp;

import com.rabbitmq.client.AMQP.BasicProperties;
import com.rabbitmq.client.Delivery;
import io.dedup.spi.Disposition.DeadLetter;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Publishes messages to their dead-letter queue. {@code basic.reject} would drop one whose queue has no dead-letter
 * exchange; a copy that the broker has confirmed is safe, and then the original may be acknowledged. Thread-safe.
 */
public final class DeadLetterPublisher {

    private final ConfirmedPublisher publisher;
    private final Set<String> known = ConcurrentHashMap.newKeySet();

    /**
     * Does no I/O.
     *
     * @param publisher on a connection that nobody consumes on
     */
    public DeadLetterPublisher(ConfirmedPublisher publisher) {
        this.publisher = publisher;
    }

    /**
     * Declares a dead-letter queue, unless there is one by this name, made by whoever and however.
     *
     * @param queue its name
     * @return completed when it is there
     */
    public CompletableFuture<Void> declare(String queue) {
        return publisher
                .with(connection -> {
                    if (!Queues.exists(connection, queue)) {
                        Queues.declareDurable(connection, queue);
                    }
                })
                .thenRun(() -> known.add(queue));
    }

    /**
     * Publishes a copy of a delivery, with the reason in its headers.
     *
     * @param queue the dead-letter queue; declared if it was not yet, or is gone since
     * @param delivery the delivery
     * @param consumer the consumer's logical name
     * @param dead the reason
     * @return completed when the broker has the copy for good
     */
    public CompletableFuture<Void> publish(String queue, Delivery delivery, String consumer, DeadLetter dead) {
        CompletableFuture<Void> declared =
                known.contains(queue) ? CompletableFuture.completedFuture(null) : declare(queue);
        return declared.thenCompose(there -> publish(queue, delivery, DeadLetterHeaders.of(delivery, consumer, dead)))
                .exceptionallyCompose(failure -> isTooLarge(failure)
                        ? publish(queue, delivery, DeadLetterHeaders.brief(delivery, consumer, dead))
                        : CompletableFuture.failedFuture(failure))
                .whenComplete((done, failure) -> {
                    if (failure != null) {
                        known.remove(queue); // it may have been deleted
                    }
                });
    }

    /** From amqp-client, before anything is sent: the headers are larger than a frame. */
    private static boolean isTooLarge(Throwable failure) {
        Throwable cause = failure instanceof CompletionException ? failure.getCause() : failure;
        return cause instanceof IllegalArgumentException;
    }

    private CompletableFuture<Void> publish(String queue, Delivery delivery, Map<String, Object> headers) {
        BasicProperties properties = delivery.getProperties()
                .builder()
                .headers(headers)
                .deliveryMode(2)
                .expiration(null) // it would empty the dead-letter queue behind everyone's back
                .userId(null) // the broker takes only the publishing user's own name
                .build();
        return publisher.publish("", queue, true, properties, delivery.getBody());
    }
}
