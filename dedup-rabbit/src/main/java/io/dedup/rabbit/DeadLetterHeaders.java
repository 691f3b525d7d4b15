package io.dedup.rabbit;

import com.rabbitmq.client.Delivery;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.HashMap;
import java.util.Map;

/** What a dead letter says about itself, beside the headers that it came with. */
final class DeadLetterHeaders {

    private static final String PREFIX = "x-dedup-";
    private static final int LONGEST_MESSAGE = 1_000;
    private static final int LONGEST_STACK_TRACE = 8_000; // all headers must fit one frame, 128 KiB by default

    private DeadLetterHeaders() {}

    static Map<String, Object> of(Delivery delivery, String consumer, Verdict.DeadLetter dead) {
        Map<String, Object> headers = withoutOurs(delivery.getProperties().getHeaders());
        headers.put(PREFIX + "reason", cut(dead.reason(), LONGEST_MESSAGE));
        headers.put(PREFIX + "consumer", consumer);
        headers.put(PREFIX + "exchange", delivery.getEnvelope().getExchange());
        headers.put(PREFIX + "routing-key", delivery.getEnvelope().getRoutingKey());
        Throwable cause = dead.cause();
        if (cause != null) {
            headers.put(PREFIX + "exception", cause.getClass().getName());
            headers.put(PREFIX + "exception-message", cut(String.valueOf(cause.getMessage()), LONGEST_MESSAGE));
            headers.put(PREFIX + "stack-trace", cut(stackTrace(cause), LONGEST_STACK_TRACE));
        }
        if (dead.attempts() != null) {
            headers.put(PREFIX + "attempts", dead.attempts().count());
            headers.put(PREFIX + "first-failure", dead.attempts().first().toString());
            headers.put(PREFIX + "last-failure", dead.attempts().last().toString());
        }
        return headers;
    }

    /** What the message came with. The counts of a queue that it has left say nothing any more. */
    static Map<String, Object> withoutOurs(Map<String, Object> headers) {
        Map<String, Object> rest = headers == null ? new HashMap<>() : new HashMap<>(headers);
        rest.keySet()
                .removeIf(name ->
                        name.startsWith(PREFIX) || name.equals("x-delivery-count") || name.equals("x-acquired-count"));
        return rest;
    }

    private static String stackTrace(Throwable cause) {
        StringWriter text = new StringWriter();
        cause.printStackTrace(new PrintWriter(text));
        return text.toString();
    }

    private static String cut(String text, int longest) {
        return text.length() <= longest ? text : text.substring(0, longest) + "…";
    }
}
