package io.dedup.rabbit;

import io.dedup.Deduplicator;
import io.dedup.Groups;
import io.dedup.Reply;
import io.dedup.Result;
import io.dedup.Task;
import java.sql.Connection;
import java.util.ArrayList;
import java.util.List;

/** A handler that is called for each message, in groups or not. */
final class OneByOne implements Processor {

    private final Deduplicator dedup;
    private final Groups groups;
    private final Freshness freshness;
    private final ReplyHandler handler;

    OneByOne(Options options, ReplyHandler handler) {
        this.dedup = options.dedup();
        this.groups = dedup.groups(options.maxGroup());
        this.freshness = new Freshness(options.maxAge());
        this.handler = handler;
    }

    @Override
    public int mostAtOnce() {
        return groups.size();
    }

    @Override
    public List<Result> process(List<Item> items) {
        List<Task> tasks = new ArrayList<>(items.size());
        for (Item item : items) {
            tasks.add(new Task(item.key(), item.body(), tx -> handle(tx, item)));
        }
        return groups.attempt(tasks);
    }

    private void handle(Connection tx, Item item) throws Exception {
        item.reply(null); // of a run that was rolled back
        freshness.require(item.delivery());
        Reply reply = handler.handle(tx, item.delivery());
        if (reply != null && item.asksForReply()) {
            dedup.saveReply(tx, item.key(), reply);
            item.reply(reply);
        }
    }
}
