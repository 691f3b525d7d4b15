package io.dedup.spring;

import io.dedup.Fingerprint;
import io.dedup.MessageKey;
import io.dedup.MessageView;
import io.dedup.amqp.DeliveryCount;
import io.dedup.spi.DeliveryType;
import org.jspecify.annotations.Nullable;
import org.springframework.amqp.core.Message;
import org.springframework.amqp.core.MessageProperties;

/** What the library needs to know of Spring's messages. Thread-safe. */
final class SpringDeliveryType implements DeliveryType<Part> {

    private final ListenerConfig config;

    SpringDeliveryType(ListenerConfig config) {
        this.config = config;
    }

    @Override
    public MessageView view(Part part) {
        return new SpringMessageView(part.message());
    }

    @Override
    public String consumer(Part part) {
        String name = config.consumer();
        return name == null ? part.queue() : name;
    }

    @Override
    public boolean isRedelivered(Part part) {
        MessageProperties properties = part.message().getMessageProperties();
        return part.isRedeliveredHere()
                || Boolean.TRUE.equals(properties.getRedelivered())
                || DeliveryCount.of(properties.getHeaders()) > 0;
    }

    /** Where the container settles, its own policy decides how often a message comes back. */
    @Override
    public @Nullable String refusal(Part part) {
        MessageProperties properties = part.message().getMessageProperties();
        return part.held() == null
                ? null
                : DeliveryCount.refusal(Boolean.TRUE.equals(properties.getRedelivered()), properties.getHeaders());
    }

    @Override
    public @Nullable Object entity(Part part) {
        return part.entity();
    }

    /**
     * The parts of a batch share the ID of its first message, which says little of the others: a publisher may send that
     * one again beside new ones, and a dead letter may be a part alone. So their bytes tell them apart, and equal ones
     * their order.
     */
    @Override
    public MessageKey key(Part part, MessageKey byId) {
        if (!PartCounter.isPart(part.message()) || !isShared(byId.messageId(), part.message())) {
            return byId;
        }
        MessageKey key = byId.withBody(Fingerprint.of(part.message().getBody()));
        return part.number() == 1 ? key : new MessageKey(key.consumer(), key.messageId() + " #" + part.number());
    }

    /** An ID that a part has of its own stands in its body; without it there is that of the whole batch. */
    private boolean isShared(String id, Message part) {
        try {
            Message withoutBody = new Message(new byte[0], part.getMessageProperties());
            return id.equals(config.policy().messageId().resolve(new SpringMessageView(withoutBody)));
        } catch (RuntimeException e) { // there is no ID without the body
            return false;
        }
    }
}
