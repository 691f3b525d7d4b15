package io.dedup.proof;

import io.dedup.rabbit.Call;
import io.dedup.rabbit.Layer;
import io.dedup.rabbit.Tapped;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;

/** Acknowledges the delivery in work right before its transaction's commit, and settles it no more afterwards. */
final class EarlyAck implements Layer {

    private final Layer servers;
    private final Queue<Long> unsettled = new ConcurrentLinkedQueue<>();
    private final Set<Object> acked = ConcurrentHashMap.newKeySet();
    private volatile Object channel;
    private volatile Long claimed;

    EarlyAck(Layer servers) {
        this.servers = servers;
    }

    @Override
    public Object call(Call call) throws Throwable {
        if (call.name().equals("basicConsume")) {
            channel = call.target();
            return servers.call(call.withLast(
                    Tapped.watching(call.lastArgument(), envelope -> unsettled.add(envelope.getDeliveryTag()))));
        }
        if (Mutant.isClaim(call)) {
            claimed = unsettled.poll(); // one worker takes the deliveries in the order in which they come
        }
        switch (call.name()) {
            case "rollback" -> claimed = null;
            case "commit" -> ackClaimed();
            default -> {}
        }
        boolean again = call.name().matches("basicAck|basicNack|basicReject") && acked.contains(call.argument(0));
        return again ? null : servers.call(call);
    }

    private void ackClaimed() throws Throwable {
        Long tag = claimed;
        claimed = null;
        if (tag != null) {
            acked.add(tag);
            servers.call(Mutant.ack(channel, tag));
        }
    }
}
