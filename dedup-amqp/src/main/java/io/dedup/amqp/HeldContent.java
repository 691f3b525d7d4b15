package io.dedup.amqp;

import com.rabbitmq.client.Delivery;
import io.dedup.Reply;
import io.dedup.spi.Disposition.DeadLetter;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * What is to be known of an adapter's contents, beside what processing them needs. Thread-safe.
 *
 * @param <D> what is processed for a delivery
 */
public interface HeldContent<D> {

    /**
     * The delivery as it came from the broker, for its dead letter.
     *
     * @param content what was processed
     * @return the delivery
     */
    Delivery original(D content);

    /**
     * One dead letter.
     *
     * @param delivery what is published
     * @param reason why
     */
    record DeadLetterCopy(Delivery delivery, DeadLetter reason) {}

    /**
     * What is published in place of a delivery that is dead-lettered: itself, or those parts of it that cannot be processed.
     *
     * @param content what was processed
     * @param dead why
     * @return at least one
     */
    default List<DeadLetterCopy> deadLetters(D content, DeadLetter dead) {
        return List.of(new DeadLetterCopy(original(content), dead));
    }

    /**
     * The consumer's logical name.
     *
     * @param content what was processed
     * @return the name
     */
    String consumerOf(D content);

    /**
     * Publishes the answer to a request.
     *
     * @param content the request
     * @param reply the answer
     * @return completed when the broker has the answer
     */
    CompletableFuture<Void> reply(D content, Reply reply);

    /**
     * Told after an acknowledgement is on its way.
     *
     * @param content what was processed
     * @param success false if its channel was gone, so that the delivery will come again
     */
    default void acknowledged(D content, boolean success) {}

    /**
     * Where the message is dead-lettered.
     *
     * @param content what was processed
     * @return the dead-letter queue; {@code ""} to have the broker dead-letter it
     */
    String deadLetterQueue(D content);
}
