package io.dedup.spring;

import com.rabbitmq.client.Channel;
import io.dedup.amqp.HeldDelivery;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.springframework.amqp.core.Message;
import org.springframework.amqp.core.MessagePostProcessor;
import org.springframework.amqp.rabbit.batch.BatchingStrategy;

/**
 * What a container does with a message before its listener: post processors, and taking a batching publisher's message
 * apart. Done here for holding containers, so that what it throws is a failure of that one message. Thread-safe.
 */
final class MessagePreparation {

    /** Of a container. */
    record Settings(
            Supplier<Collection<MessagePostProcessor>> postProcessors, boolean deBatching, BatchingStrategy strategy) {}

    private final Settings settings;
    private final ListenerCall listener;

    MessagePreparation(Settings settings, ListenerCall listener) {
        this.settings = settings;
        this.listener = listener;
    }

    /** The delivery as it came, for what is said of it as a whole. */
    Part whole(HeldDelivery<HeldMessage> held) {
        return part(held, held.content().message(), 0, 1);
    }

    /** What is handed to the listener, from a copy of its own; none if a post processor drops the message. */
    List<Part> partsOf(HeldDelivery<HeldMessage> held) {
        @Nullable Message message = SpringMessages.copy(held.content().message());
        for (MessagePostProcessor each : settings.postProcessors().get()) {
            message = each.postProcessMessage(message);
            if (message == null) { // spring-rabbit 3 allows that
                return List.of();
            }
        }
        boolean batch = settings.deBatching() && settings.strategy().canDebatch(message.getMessageProperties());
        held.content().batch(batch);
        if (!batch) {
            return List.of(part(held, message, 0, 1));
        }
        PartCounter counter = new PartCounter();
        List<Part> parts = new ArrayList<>();
        Channel channel = held.content().channel();
        settings.strategy()
                .deBatch(message, each -> parts.add(part(held, each, parts.size(), counter.next(channel, each))));
        return parts;
    }

    private Part part(HeldDelivery<HeldMessage> held, Message message, int place, int number) {
        return new Part(
                message,
                place,
                number,
                held.content().channel(),
                listener,
                held.content(),
                held.entity(),
                held.isAfterUnknown());
    }
}
