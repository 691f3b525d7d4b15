package io.dedup;

import io.dedup.spi.DeliveryType;
import io.dedup.spi.Engine;
import io.dedup.spi.GroupProcessor;
import io.dedup.spi.Handler;
import io.dedup.spi.KeyedWork;
import java.sql.Connection;
import java.util.ArrayList;
import java.util.List;

/** A handler that is called for each message, in groups or not. */
final class SingleHandlerAdapter<D> implements HandlerAdapter<D> {

    private final Engine engine;
    private final GroupProcessor groups;
    private final NewMessageCheck<D> check;
    private final DeliveryType<D> type;
    private final Handler<D> handler;

    SingleHandlerAdapter(
            Engine engine, GroupProcessor groups, NewMessageCheck<D> check, DeliveryType<D> type, Handler<D> handler) {
        this.engine = engine;
        this.groups = groups;
        this.check = check;
        this.type = type;
        this.handler = handler;
    }

    @Override
    public int mostAtOnce() {
        return groups.size();
    }

    @Override
    public boolean asksForReply(D delivery) {
        return handler.asksForReply(delivery);
    }

    @Override
    public List<Result> process(List<KeyedDelivery<D>> deliveries) {
        List<KeyedWork> works = new ArrayList<>(deliveries.size());
        for (KeyedDelivery<D> each : deliveries) {
            works.add(new KeyedWork(each.key(), each.body(), type.entity(each.delivery()), tx -> handle(tx, each)));
        }
        return groups.attempt(works);
    }

    private void handle(Connection tx, KeyedDelivery<D> keyed) throws Exception {
        keyed.reply(null); // of a run that was rolled back
        check.require(keyed.delivery());
        Reply reply = handler.handle(tx, keyed.delivery());
        if (reply != null && handler.asksForReply(keyed.delivery())) {
            engine.saveReply(tx, keyed.key(), reply);
            keyed.reply(reply);
        }
    }
}
