package io.dedup.spring.boot;

import io.dedup.DedupException;
import io.dedup.LaneKey;
import io.dedup.MessageIdResolver;
import io.dedup.Outcome;
import io.dedup.spring.Protection;
import io.dedup.spring.boot.DedupProperties.DeadLetter;
import java.util.List;
import java.util.Objects;
import java.util.function.BiFunction;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.springframework.amqp.rabbit.retry.MessageRecoverer;
import org.springframework.context.ApplicationContext;

/** Gives a protection what the properties say, and the beans beside them. */
record ConfiguredProtection(DedupProperties.Rabbit properties, ApplicationContext beans) {

    private static final String MESSAGE_ID = "dedup.rabbit.message-id";
    private static final String LANE = "dedup.rabbit.lane";

    /** The application's own beans for what properties say too. */
    record Own(
            @Nullable MessageIdResolver messageId,
            @Nullable LaneKey lane,
            @Nullable MessageRecoverer recoverer) {}

    Protection of(Protection plain, Own own, Predicate<String> hasDeadLetterExchange) {
        Protection protection = plain.onMissingId(properties.onMissingId())
                .pause(properties.pause().first(), properties.pause().longest())
                .maxGroup(properties.maxGroup());
        protection = with(protection, messageId(own.messageId), Protection::messageId);
        protection = with(protection, lane(own.lane), Protection::lane);
        protection = with(protection, own.recoverer, Protection::recoverer);
        protection = with(protection, properties.consumer(), Protection::consumer);
        protection = with(protection, properties.onDifferentBody(), Protection::onDifferentBody);
        protection = with(protection, properties.maxAge(), Protection::maxAge);
        protection = with(protection, properties.maxAttempts(), Protection::maxAttempts);
        protection = with(protection, properties.deadLetterQueue(), Protection::deadLetterQueue);
        if (!properties.neverRetry().isEmpty()) {
            protection = protection.neverRetry(this::isNeverRetried);
        }
        return byBroker(protection, hasDeadLetterExchange);
    }

    private Protection byBroker(Protection protection, Predicate<String> hasDeadLetterExchange) {
        if (properties.deadLetter() == DeadLetter.BROKER) {
            return protection.deadLetterByBroker();
        }
        boolean publishes = properties.deadLetter() == DeadLetter.PUBLISH || properties.deadLetterQueue() != null;
        return publishes ? protection : protection.deadLetterByBroker(hasDeadLetterExchange);
    }

    private boolean isNeverRetried(Throwable failure) {
        return Stream.iterate(failure, Objects::nonNull, Throwable::getCause)
                .anyMatch(cause -> properties.neverRetry().stream().anyMatch(type -> type.isInstance(cause)));
    }

    private @Nullable MessageIdResolver messageId(@Nullable MessageIdResolver bean) {
        List<String> places = properties.messageId();
        if (places.isEmpty()) {
            return bean;
        }
        requireNone(bean, MESSAGE_ID, "MessageIdResolver");
        return new MessagePlace(MESSAGE_ID, beans).id(places);
    }

    private @Nullable LaneKey lane(@Nullable LaneKey bean) {
        String place = properties.lane();
        if (place == null) {
            return bean;
        }
        requireNone(bean, LANE, "LaneKey");
        return new MessagePlace(LANE, beans).lane(place);
    }

    /** Of a property and a bean, one would be without effect. */
    private static void requireNone(@Nullable Object bean, String property, String type) {
        if (bean != null) {
            throw new DedupException(
                    Outcome.UNAVAILABLE,
                    "the property " + property + " is set, and there is a bean of type " + type + " too",
                    "remove one of them",
                    null);
        }
    }

    private static <T> Protection with(
            Protection protection, @Nullable T value, BiFunction<Protection, T, Protection> setter) {
        return value == null ? protection : setter.apply(protection, value);
    }
}
