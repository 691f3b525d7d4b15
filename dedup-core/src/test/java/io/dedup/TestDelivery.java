package io.dedup;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.dedup.spi.DeliveryType;
import java.time.Instant;
import java.util.Date;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A delivery of no broker's. */
record TestDelivery(
        TestMessage message, boolean redelivered, @Nullable Object entity) {

    static final String CONSUMER = "deliveries";

    /** What an adapter would say of it. */
    static final DeliveryType<TestDelivery> TYPE = new DeliveryType<>() {

        @Override
        public MessageView view(TestDelivery delivery) {
            return delivery.message;
        }

        @Override
        public String consumer(TestDelivery delivery) {
            return CONSUMER;
        }

        @Override
        public boolean isRedelivered(TestDelivery delivery) {
            return delivery.redelivered;
        }

        @Override
        public @Nullable Object entity(TestDelivery delivery) {
            return delivery.entity;
        }
    };

    static TestDelivery of(@Nullable String id, String body) {
        Map<String, Object> properties = id == null ? Map.of() : Map.of("message-id", id);
        return new TestDelivery(new TestMessage(properties, Map.of(), body.getBytes(UTF_8)), false, null);
    }

    /** With an ID that no other has. */
    static TestDelivery fresh() {
        return of(Orders.newKey().messageId(), "body");
    }

    TestDelivery about(Object other) {
        return new TestDelivery(message, redelivered, other);
    }

    TestDelivery publishedAt(Instant time) {
        Map<String, Object> properties = new HashMap<>(message.properties());
        properties.put("timestamp", Date.from(time));
        return new TestDelivery(new TestMessage(properties, message.headers(), message.body()), redelivered, entity);
    }

    TestDelivery again() {
        return new TestDelivery(message, true, entity);
    }

    MessageKey key() {
        return new MessageKey(CONSUMER, String.valueOf(message.property("message-id")));
    }
}
