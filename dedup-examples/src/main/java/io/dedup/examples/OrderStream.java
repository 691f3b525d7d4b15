package io.dedup.examples;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.UUID;

/** The orders, and among them those that a publisher sends again because it saw no confirm. */
final class OrderStream {

    private OrderStream() {}

    /** In the same order every time; the first fifth of the orders appears twice. */
    static List<Order> of(Settings settings) {
        Random random = new Random(Settings.SEED);
        List<Order> stream = new ArrayList<>(settings.messages());
        for (int i = 0; i < settings.orders(); i++) {
            int customer = 1 + random.nextInt(Books.CUSTOMERS);
            BigDecimal amount = BigDecimal.valueOf(100 + random.nextInt(20_000), 2);
            stream.add(new Order(UUID.randomUUID().toString(), customer, amount));
        }
        stream.addAll(List.copyOf(stream.subList(0, settings.retries())));
        Collections.shuffle(stream, random);
        return stream;
    }
}
