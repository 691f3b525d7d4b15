package io.dedup;

import io.dedup.spi.BatchItem;
import io.dedup.spi.BatchWork;
import io.dedup.spi.DeliveryType;
import io.dedup.spi.GroupProcessor;
import java.sql.Connection;
import java.util.ArrayList;
import java.util.List;

/** A handler that is called for many messages at once. */
final class BatchHandlerAdapter<D> implements HandlerAdapter<D> {

    private final GroupProcessor groups;
    private final NewMessageCheck<D> check;
    private final DeliveryType<D> type;
    private final BatchWork<D> handler;

    BatchHandlerAdapter(GroupProcessor groups, NewMessageCheck<D> check, DeliveryType<D> type, BatchWork<D> handler) {
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
        return false;
    }

    @Override
    public List<Result> process(List<KeyedDelivery<D>> deliveries) {
        List<BatchItem<D>> items = new ArrayList<>(deliveries.size());
        for (KeyedDelivery<D> each : deliveries) {
            items.add(new BatchItem<>(each.key(), each.body(), type.entity(each.delivery()), each.delivery()));
        }
        return groups.attempt(items, this::handle);
    }

    private void handle(Connection tx, List<D> fresh) throws Exception {
        for (D each : fresh) {
            check.require(each);
        }
        handler.run(tx, new ArrayList<>(fresh)); // sorted by the application, perhaps
    }
}
