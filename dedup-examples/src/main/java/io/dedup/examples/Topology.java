package io.dedup.examples;

import com.rabbitmq.client.AlreadyClosedException;
import com.rabbitmq.client.BuiltinExchangeType;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/** The demo's own exchange and queues: every message goes to both queues. Removed at the end, by the broker if need be. */
final class Topology implements AutoCloseable {

    // If the demo is killed, the broker removes what it leaves behind. Longer than the longest run: while one lasts,
    // nobody
    // uses the dead-letter queue.
    private static final Map<String, Object> EXPIRES = Map.of("x-expires", 60 * 60 * 1000);

    private final String name = "dedup-demo-" + UUID.randomUUID().toString().substring(0, 8);
    private final Connection broker;
    private final Channel channel;

    Topology(Connection broker) throws IOException {
        this.broker = broker;
        this.channel = broker.createChannel();
        channel.exchangeDeclare(
                exchange(), BuiltinExchangeType.FANOUT, true, true, Map.of()); // goes with its last queue
        for (String queue : List.of(dedupQueue(), plainQueue())) {
            channel.queueDeclare(queue, true, false, false, EXPIRES);
            channel.queueBind(queue, exchange(), "");
        }
        channel.queueDeclare(deadLetterQueue(), true, false, false, EXPIRES);
    }

    String exchange() {
        return name;
    }

    String dedupQueue() {
        return name + ".dedup";
    }

    String plainQueue() {
        return name + ".plain";
    }

    String deadLetterQueue() {
        return dedupQueue() + ".dead";
    }

    /** Messages that wait; those in a consumer's hands do not count. */
    synchronized long depth(String queue) throws IOException {
        return channel.queueDeclarePassive(queue).getMessageCount();
    }

    Connection broker() {
        return broker;
    }

    @Override
    public synchronized void close() throws IOException {
        try {
            for (String queue : List.of(dedupQueue(), plainQueue(), deadLetterQueue())) {
                channel.queueDelete(queue);
            }
        } catch (AlreadyClosedException e) {
            // The broker is gone; whoever sees this has been told by the call before.
        }
    }
}
