package io.dedup.spring.boot;

import io.dedup.DedupException;
import io.dedup.LaneKey;
import io.dedup.MessageIdResolver;
import io.dedup.Outcome;
import io.dedup.spring.MessageExpression;
import java.util.List;
import java.util.Set;
import org.springframework.context.ApplicationContext;

/** Reads where something is in a message, as {@code dedup.rabbit.message-id} and {@code dedup.rabbit.lane} say it. */
record MessagePlace(String property, ApplicationContext beans) {

    private static final Set<String> AMQP_PROPERTIES = Set.of(
            "message-id",
            "correlation-id",
            "type",
            "app-id",
            "user-id",
            "reply-to",
            "content-type",
            "content-encoding",
            "timestamp",
            "priority",
            "delivery-mode",
            "expiration",
            "exchange",
            "routing-key");
    private static final String FORMS =
            "property, property:NAME, header:NAME, json-pointer:/PATH, digest or spel:EXPRESSION";

    /** The first of them that holds an ID. */
    MessageIdResolver id(List<String> places) {
        return places.stream()
                .map(this::resolver)
                .reduce(MessageIdResolver::orElse)
                .orElseGet(MessageIdResolver::property);
    }

    LaneKey lane(String place) {
        return resolver(place)::resolve;
    }

    private MessageIdResolver resolver(String place) {
        String[] parts = place.strip().split(":", 2);
        String argument = parts.length == 2 ? parts[1].strip() : "";
        try {
            return switch (parts[0].strip()) {
                case "property" -> amqpProperty(argument.isEmpty() ? "message-id" : argument);
                case "header" -> MessageIdResolver.header(required(argument));
                case "json-pointer" -> MessageIdResolver.jsonPointer(required(argument));
                case "digest" -> MessageIdResolver.bodyHash();
                case "spel" -> MessageExpression.messageId(required(argument), beans);
                default -> throw new IllegalArgumentException("it is none of the forms that there are");
            };
        } catch (RuntimeException e) { // a malformed pointer or expression, Jackson that is missing
            throw new DedupException(
                    Outcome.UNAVAILABLE,
                    "the property " + property + " cannot be read, '" + place + "': " + e.getMessage(),
                    "set it to " + FORMS,
                    e);
        }
    }

    private static MessageIdResolver amqpProperty(String name) {
        if (!AMQP_PROPERTIES.contains(name)) {
            throw new IllegalArgumentException("AMQP has no property " + name);
        }
        return MessageIdResolver.property(name);
    }

    private static String required(String argument) {
        if (argument.isEmpty()) {
            throw new IllegalArgumentException("there is nothing behind the colon");
        }
        return argument;
    }
}
