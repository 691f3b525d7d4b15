package io.dedup.examples.spring;

import java.util.concurrent.atomic.AtomicLong;
import org.springframework.stereotype.Component;

/** Something that can make the handler fail, and that can be mended. */
@Component
class CreditLimit {

    private final AtomicLong cents = new AtomicLong(100_000);

    void raiseTo(long limit) {
        cents.set(limit);
    }

    void check(OrderPlaced order) {
        if (order.cents() > cents.get()) {
            throw new IllegalStateException(order.cents() + " cents is more than the limit of " + cents.get());
        }
    }
}
