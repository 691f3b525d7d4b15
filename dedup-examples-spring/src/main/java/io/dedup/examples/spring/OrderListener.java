package io.dedup.examples.spring;

import org.springframework.amqp.rabbit.annotation.RabbitListener;
import org.springframework.stereotype.Component;

/**
 * A listener as anyone would write it. Nothing here knows of duplicates, and yet a total is never added to twice: the
 * message's key, the order and the total share one transaction, and the message is acknowledged after its commit.
 */
@Component
class OrderListener {

    private final PlacedOrders orders;
    private final CustomerTotals totals;
    private final CreditLimit limit;

    OrderListener(PlacedOrders orders, CustomerTotals totals, CreditLimit limit) {
        this.orders = orders;
        this.totals = totals;
        this.limit = limit;
    }

    @RabbitListener(queues = Queues.ORDERS)
    void on(OrderPlaced order) {
        CustomerTotal total = totals.findById(order.customer()).orElseGet(() -> new CustomerTotal(order.customer()));
        total.add(order.cents());
        totals.save(total);
        orders.save(new PlacedOrder(order.id(), order.customer(), order.cents()));
        limit.check(order); // throws after the writes, which are rolled back then
    }
}
