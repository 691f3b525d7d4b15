package io.dedup.rabbit;

import com.rabbitmq.client.Delivery;
import io.dedup.LaneKey;
import io.dedup.amqp.AmqpMessageView;
import java.sql.Connection;
import java.util.List;

/** A batch handler that asks another one, message by message, what is to be written. */
final class Deferring implements BatchHandler {

    private final DeferredHandler handler;
    private final LaneKey entity;

    Deferring(DeferredHandler handler, LaneKey entity) {
        this.handler = handler;
        this.entity = entity;
    }

    @Override
    public void handle(Connection tx, List<Delivery> fresh) throws Exception {
        WriteQueue queue = new WriteQueue();
        for (Delivery delivery : fresh) {
            try (WriteQueue.Message writes = queue.of(entity.of(new AmqpMessageView(delivery)))) {
                handler.handle(writes, delivery);
            }
        }
        queue.send(tx);
    }
}
