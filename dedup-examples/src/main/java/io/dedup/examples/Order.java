package io.dedup.examples;

import java.math.BigDecimal;
import tools.jackson.databind.json.JsonMapper;

/** An order as it travels: JSON in a message's body. */
record Order(String id, int customer, BigDecimal amount) {

    private static final JsonMapper JSON = new JsonMapper();

    static Order fromJson(byte[] body) {
        return JSON.readValue(body, Order.class);
    }

    byte[] toJson() {
        return JSON.writeValueAsBytes(this);
    }
}
