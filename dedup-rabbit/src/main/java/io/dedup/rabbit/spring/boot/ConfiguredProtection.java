package io.dedup.rabbit.spring.boot;

import io.dedup.rabbit.DeliveryListener;
import io.dedup.rabbit.MessageIdResolver;
import io.dedup.rabbit.spring.Protection;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.springframework.amqp.AmqpRejectAndDontRequeueException;
import org.springframework.amqp.core.Message;
import org.springframework.amqp.core.MessageProperties;
import org.springframework.amqp.rabbit.retry.MessageRecoverer;
import org.springframework.amqp.rabbit.retry.RejectAndDontRequeueRecoverer;
import org.springframework.boot.context.properties.PropertyMapper;

/** Gives a protection what the properties say, and its listener what happens. */
record ConfiguredProtection(DedupProperties.Rabbit properties, DeliveryListener listener) {

    Protection of(Protection plain, @Nullable MessageIdResolver ids, @Nullable MessageRecoverer recoverer) {
        Protection protection = plain.groups(properties.groups())
                .onMissingId(properties.onMissingId())
                .putAside(told(recoverer == null ? new RejectAndDontRequeueRecoverer("put aside") : recoverer))
                .onResult((message, result) -> listener.onDelivery(result, isRedelivered(message)));
        PropertyMapper map = PropertyMapper.get();
        protection = map.from(properties::consumer).to(protection, Protection::consumer);
        protection = map.from(properties::onDifferentBody).to(protection, Protection::onDifferentBody);
        protection = map.from(properties::maxAttempts).to(protection, Protection::maxAttempts);
        return map.from(ids(ids)).to(protection, Protection::messageId);
    }

    private @Nullable MessageIdResolver ids(@Nullable MessageIdResolver bean) {
        return bean == null && properties.messageIdHeader() != null
                ? MessageIdResolver.property().orHeader(properties.messageIdHeader())
                : bean;
    }

    /** Rejected or published elsewhere: put aside either way, unless it throws something else. */
    private MessageRecoverer told(MessageRecoverer recoverer) {
        return (message, cause) -> {
            try {
                recoverer.recover(message, cause);
            } catch (RuntimeException e) {
                if (Stream.<Throwable>iterate(e, Objects::nonNull, Throwable::getCause)
                        .anyMatch(AmqpRejectAndDontRequeueException.class::isInstance)) {
                    tell(message, cause);
                }
                throw e;
            }
            tell(message, cause);
        };
    }

    private void tell(Message message, Throwable cause) {
        String queue = message.getMessageProperties().getConsumerQueue();
        String consumer = properties.consumer() == null ? queue : properties.consumer();
        listener.onDeadLetter(String.valueOf(consumer), String.valueOf(cause));
    }

    private static boolean isRedelivered(Message message) {
        MessageProperties properties = message.getMessageProperties();
        Object returns = properties.getHeaders().get("x-delivery-count");
        return Boolean.TRUE.equals(properties.getRedelivered())
                || (returns instanceof Number count && count.longValue() > 0);
    }
}
