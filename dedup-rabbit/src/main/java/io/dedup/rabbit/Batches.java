package io.dedup.rabbit;

import com.rabbitmq.client.Delivery;
import io.dedup.Groups;
import io.dedup.Message;
import io.dedup.Result;
import java.sql.Connection;
import java.util.ArrayList;
import java.util.List;

/** A handler that is called for many messages at once. */
final class Batches implements Processor {

    private final Groups groups;
    private final Freshness freshness;
    private final BatchHandler handler;

    Batches(Options options, BatchHandler handler) {
        this.groups = options.dedup().groups(options.maxGroup());
        this.freshness = new Freshness(options.maxAge());
        this.handler = handler;
    }

    @Override
    public int mostAtOnce() {
        return groups.size();
    }

    @Override
    public List<Result> process(List<Item> items) {
        List<Message<Delivery>> messages = new ArrayList<>(items.size());
        for (Item item : items) {
            messages.add(new Message<>(item.key(), item.body(), item.delivery()));
        }
        return groups.attempt(messages, this::handle);
    }

    private void handle(Connection tx, List<Delivery> fresh) throws Exception {
        fresh.forEach(freshness::require);
        handler.handle(tx, new ArrayList<>(fresh)); // sorted by the application, perhaps
    }
}
