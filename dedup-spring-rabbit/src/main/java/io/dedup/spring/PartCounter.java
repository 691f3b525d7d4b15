package io.dedup.spring;

import com.rabbitmq.client.Channel;
import io.dedup.Fingerprint;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.amqp.core.Message;
import org.springframework.amqp.support.AmqpHeaders;

/** Tells the equal parts of one delivery apart, by their order. Of one thread. */
final class PartCounter {

    private final Map<Fingerprint, Integer> seen = new HashMap<>(2);
    private @Nullable Channel channel;
    private long tag;

    /** Whether it is one of several that came in one delivery, or once was. */
    static boolean isPart(Message message) {
        return message.getMessageProperties().getHeaders().containsKey(AmqpHeaders.BATCH_SIZE);
    }

    /** Which of the equal parts of its delivery it is; 1 if there is no other. Called for all parts, in their order. */
    int next(Channel of, Message message) {
        if (!isPart(message)) {
            return 1;
        }
        long delivery = message.getMessageProperties().getDeliveryTag();
        if (of != channel || delivery != tag) {
            channel = of;
            tag = delivery;
            seen.clear();
        }
        return seen.merge(Fingerprint.of(message.getBody()), 1, Integer::sum);
    }
}
