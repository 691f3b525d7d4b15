package io.dedup.amqp;

import com.rabbitmq.client.Delivery;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * How often a quorum queue says that it has got a message back. RabbitMQ 4 drops (or dead-letters) what has come back 20
 * times, for whatever reason: each end of a channel counts for all that was prefetched on it, so this is no number of
 * attempts.
 *
 * @see <a href="https://www.rabbitmq.com/docs/quorum-queues#poison-message-handling">RabbitMQ, delivery limit</a>
 */
public final class DeliveryCount {

    private static final String HEADER = "x-delivery-count";

    private static final long LAST = 18;

    private DeliveryCount() {}

    /**
     * The count of a quorum queue.
     *
     * @param headers the message's headers
     * @return the count; 0 if there is none
     */
    public static long of(@Nullable Map<String, ? extends @Nullable Object> headers) {
        return headers != null && headers.get(HEADER) instanceof Number count ? count.longValue() : 0;
    }

    /**
     * Whether the broker has delivered a message before, to whomever.
     *
     * @param delivery the delivery
     * @return true if it has; a publisher's copy of a message has a history of its own
     */
    public static boolean isRedelivered(Delivery delivery) {
        return delivery.getEnvelope().isRedeliver()
                || of(delivery.getProperties().getHeaders()) > 0;
    }

    /**
     * Why a message must not be handled any more, unless it is a duplicate: the broker drops it soon. Its handler may end
     * the process, which leaves no other trace.
     *
     * @param redelivered what the broker says; without that, the count is a header that a publisher has copied
     * @param headers the message's headers
     * @return the reason, if it has come back 18 times or more; else null
     */
    public static @Nullable String refusal(
            boolean redelivered, @Nullable Map<String, ? extends @Nullable Object> headers) {
        long count = redelivered ? of(headers) : 0;
        return count < LAST
                ? null
                : "came back " + count + " times without an end, and the broker drops it soon; its handler may end the"
                        + " process";
    }
}
