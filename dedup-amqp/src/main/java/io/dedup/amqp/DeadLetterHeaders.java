package io.dedup.amqp;

import com.rabbitmq.client.Delivery;
import io.dedup.spi.Disposition.DeadLetter;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What a dead letter says about itself, beside the headers that it came with. */
public final class DeadLetterHeaders {

    private static final String PREFIX = "x-dedup-";
    private static final int LONGEST_MESSAGE = 1_000;
    private static final int LONGEST_STACK_TRACE = 8_000; // all headers must fit one frame, 128 KiB by default

    private static final Set<String> DROPPED = Set.of("x-delivery-count", "x-acquired-count", "CC", "BCC");

    private DeadLetterHeaders() {}

    static Map<String, Object> of(Delivery delivery, String consumer, DeadLetter dead) {
        Map<String, Object> headers = brief(delivery, consumer, dead);
        Throwable cause = dead.cause();
        if (cause != null) {
            headers.put(PREFIX + "exception-message", cut(messageOf(cause), LONGEST_MESSAGE));
            headers.put(PREFIX + "stack-trace", cut(stackTrace(cause), LONGEST_STACK_TRACE));
        }
        return headers;
    }

    /** Without the long ones, for a message whose own headers leave little room in the frame. */
    static Map<String, Object> brief(Delivery delivery, String consumer, DeadLetter dead) {
        Map<String, Object> original = delivery.getProperties().getHeaders();
        Map<String, Object> headers = withoutOurs(original);
        headers.put(PREFIX + "reason", cut(dead.reason(), LONGEST_MESSAGE));
        headers.put(PREFIX + "consumer", consumer);
        headers.put(PREFIX + "exchange", delivery.getEnvelope().getExchange());
        headers.put(PREFIX + "routing-key", delivery.getEnvelope().getRoutingKey());
        putUnlessNull(headers, "cc", original == null ? null : original.get("CC"));
        putUnlessNull(headers, "user-id", delivery.getProperties().getUserId());
        putUnlessNull(
                headers,
                "exception",
                dead.cause() == null ? null : dead.cause().getClass().getName());
        if (dead.attempts() != null) {
            headers.put(PREFIX + "attempts", dead.attempts().count());
            headers.put(PREFIX + "first-failure", dead.attempts().first().toString());
            headers.put(PREFIX + "last-failure", dead.attempts().last().toString());
        }
        return headers;
    }

    private static void putUnlessNull(Map<String, Object> headers, String name, @Nullable Object value) {
        if (value != null) {
            headers.put(PREFIX + name, value);
        }
    }

    /**
     * What the message came with. The counts of a queue that it has left say nothing any more, and CC would have the
     * broker route the copy to other queues too, such as the one it comes from.
     *
     * @param headers the headers of a dead letter; null for none
     * @return those that its publisher sent
     */
    public static Map<String, Object> withoutOurs(@Nullable Map<String, Object> headers) {
        Map<String, Object> rest = headers == null ? new HashMap<>() : new HashMap<>(headers);
        rest.keySet().removeIf(name -> name.startsWith(PREFIX) || DROPPED.contains(name));
        return rest;
    }

    private static String messageOf(Throwable cause) {
        try {
            return String.valueOf(cause.getMessage());
        } catch (RuntimeException e) { // an exception can be as broken as the handler that threw it
            return "(its message could not be read)";
        }
    }

    private static String stackTrace(Throwable cause) {
        try {
            StringWriter text = new StringWriter();
            cause.printStackTrace(new PrintWriter(text));
            return text.toString();
        } catch (RuntimeException e) {
            return "(it could not be printed)";
        }
    }

    private static String cut(String text, int longest) {
        return text.length() <= longest ? text : text.substring(0, longest) + "…";
    }
}
