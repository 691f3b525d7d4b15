package io.dedup.examples.spring;

import com.rabbitmq.client.Connection;
import io.dedup.rabbit.DeadLetterReplay;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import org.springframework.amqp.rabbit.connection.ConnectionFactory;
import org.springframework.amqp.rabbit.core.RabbitTemplate;
import org.springframework.http.HttpStatus;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.PutMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;

/** Takes orders and shows what became of them. */
@RestController
class OrdersController {

    private final RabbitTemplate rabbit;
    private final ConnectionFactory connections;
    private final CustomerTotals totals;
    private final CreditLimit limit;

    OrdersController(RabbitTemplate rabbit, ConnectionFactory connections, CustomerTotals totals, CreditLimit limit) {
        this.rabbit = rabbit;
        this.connections = connections;
        this.totals = totals;
        this.limit = limit;
    }

    /** The order's ID is the message's: whoever gets no answer sends the order again, and it counts once. */
    @PostMapping("/orders")
    @ResponseStatus(HttpStatus.ACCEPTED)
    void place(@RequestBody OrderPlaced order) {
        rabbit.convertAndSend("", Queues.ORDERS, order, message -> {
            message.getMessageProperties().setMessageId(order.id().toString());
            return message;
        });
    }

    /** By customer. */
    record Total(String customer, int orders, long cents) {}

    @GetMapping("/totals")
    List<Total> totals() {
        return totals.findAll().stream()
                .map(total -> new Total(total.customer(), total.orders(), total.cents()))
                .toList();
    }

    /** Mends what made large orders fail. */
    @PutMapping("/limit")
    void raiseLimit(@RequestParam long cents) {
        limit.raiseTo(cents);
    }

    /** How many orders are dead-lettered. */
    @GetMapping("/dead")
    long dead() {
        Long waiting = rabbit.execute(channel -> channel.messageCount(Queues.DEAD));
        return waiting == null ? 0 : waiting;
    }

    /** Takes dead letters back to their queue; what was processed after all is detected there as a duplicate. */
    @PostMapping("/replay")
    Map<String, Integer> replay() throws IOException {
        try (var connection = connections.createConnection()) {
            Connection plain = connection.getDelegate();
            return Map.of("replayed", DeadLetterReplay.run(plain, Queues.DEAD, Queues.ORDERS));
        }
    }
}
