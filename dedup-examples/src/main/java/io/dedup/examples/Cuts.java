package io.dedup.examples;

import com.rabbitmq.client.Delivery;
import com.rabbitmq.client.Recoverable;
import com.rabbitmq.client.RecoveryListener;
import io.dedup.rabbit.DeliveryHandler;
import io.dedup.test.TcpProxy;
import java.sql.Connection;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Cuts a consumer's connection to the broker at 25, 50 and 75 % of the orders, each time while a handler is at work: its
 * transaction commits, and its acknowledgement finds no connection. That is where messages come twice.
 */
final class Cuts implements RecoveryListener {

    static final int CUTS = 3;

    private final TcpProxy proxy;
    private final int orders;
    private final Set<String> seen = ConcurrentHashMap.newKeySet();
    private boolean connected;
    private volatile int made;

    Cuts(TcpProxy proxy, int orders) {
        this.proxy = proxy;
        this.orders = orders;
    }

    DeliveryHandler during(DeliveryHandler handler) {
        return (Connection tx, Delivery delivery) -> {
            handler.handle(tx, delivery);
            seen.add(delivery.getProperties().getMessageId());
            cutIfDue();
        };
    }

    /** All its channels are open. */
    synchronized void begin() {
        connected = true;
    }

    /** Different orders that the handler has run for. */
    int seen() {
        return seen.size();
    }

    int made() {
        return made;
    }

    private synchronized void cutIfDue() {
        // A connection that is about to recover is left alone, so that each cut hits one that works.
        if (connected && made < CUTS && seen.size() >= (made + 1L) * orders / (CUTS + 1)) {
            connected = false;
            made++;
            proxy.cut();
        }
    }

    @Override
    public synchronized void handleRecovery(Recoverable connection) {
        connected = true;
    }

    @Override
    public void handleRecoveryStarted(Recoverable connection) {}
}
