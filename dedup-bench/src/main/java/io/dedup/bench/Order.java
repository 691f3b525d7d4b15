package io.dedup.bench;

import java.nio.charset.StandardCharsets;
import java.util.UUID;
import tools.jackson.databind.json.JsonMapper;

/**
 * What a message says: so much onto that account. 1 KB of JSON.
 *
 * @param id the message's ID: random to look at, as publishers' IDs are, so that keys go all over the index
 * @param account whose balance it changes
 * @param amount by how much
 * @param note fills it up to 1 KB
 */
record Order(String id, int account, int amount, String note) {

    private static final JsonMapper JSON = new JsonMapper();
    static final int ACCOUNTS = 1_000;
    private static final int BYTES = 1_024;
    private static final String NOTE = "lorem ipsum ".repeat(100);
    private static final String FILLING = NOTE.substring(0, BYTES - new Order(idOf(0), 100, 10, "").toJson().length);

    /** The same for the same number, always. */
    static Order number(long number) {
        long mixed = number * 0x9E3779B97F4A7C15L;
        int account = (int) Long.remainderUnsigned(mixed >>> 20, ACCOUNTS);
        int amount = 1 + (int) Long.remainderUnsigned(mixed >>> 40, 99);
        return new Order(idOf(number), account, amount, FILLING);
    }

    private static String idOf(long number) {
        return UUID.nameUUIDFromBytes(Long.toString(number).getBytes(StandardCharsets.US_ASCII))
                .toString();
    }

    static Order fromJson(byte[] body) {
        return JSON.readValue(body, Order.class);
    }

    byte[] toJson() {
        return JSON.writeValueAsBytes(this);
    }
}
