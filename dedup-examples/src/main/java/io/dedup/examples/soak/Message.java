package io.dedup.examples.soak;

import com.rabbitmq.client.AMQP.BasicProperties;
import java.nio.charset.StandardCharsets;

/** One of the publisher's messages; the body names it, also where the message has no ID. */
record Message(String name, Kind kind) {

    enum Kind {
        GOOD,
        /** Its handler always throws. */
        POISON,
        NO_ID
    }

    private static final String POISON = "poison-";

    static Message of(Kind kind, long number) {
        return new Message(
                switch (kind) {
                            case GOOD -> "good-";
                            case POISON -> POISON;
                            case NO_ID -> "no-id-";
                        }
                        + number,
                kind);
    }

    static boolean isPoison(String name) {
        return name.startsWith(POISON);
    }

    static String nameIn(byte[] body) {
        return new String(body, StandardCharsets.UTF_8);
    }

    byte[] body() {
        return name.getBytes(StandardCharsets.UTF_8);
    }

    BasicProperties properties() {
        return new BasicProperties.Builder()
                .deliveryMode(2)
                .messageId(kind == Kind.NO_ID ? null : name)
                .build();
    }
}
