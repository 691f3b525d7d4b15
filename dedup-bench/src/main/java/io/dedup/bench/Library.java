package io.dedup.bench;

import com.rabbitmq.client.Delivery;
import io.dedup.DedupListener;
import io.dedup.Deduplicator;
import io.dedup.DeduplicatorBuilder;
import io.dedup.LaneKey;
import io.dedup.Outcome;
import io.dedup.Result;
import io.dedup.rabbit.DedupConsumer;
import io.dedup.rabbit.DedupConsumerBuilder;

/** This library, in one of its ways. */
final class Library implements Contestant {

    /** How a consumer is set up and started. */
    private interface Way {
        DedupConsumer start(DedupConsumerBuilder builder, Work work) throws Exception;
    }

    interface Preparation {
        void run() throws Exception;
    }

    private final String name;
    private final String table;
    private final Way way;

    private Library(String name, String table, Way way) {
        this.name = name;
        this.table = table;
        this.way = way;
    }

    static Library oneByOne() {
        return new Library("dedup, one by one", Tables.LIBRARY, Library::start);
    }

    static Library groupsOf(int most) {
        return new Library(
                "dedup, groups of " + most, Tables.LIBRARY, (builder, work) -> start(builder.maxGroup(most), work));
    }

    static Library lanes(int most) {
        return new Library(
                "dedup, groups of " + most + " in lanes",
                Tables.LIBRARY,
                (builder, work) -> start(builder.maxGroup(most).lane(LaneKey.header(TestBed.ACCOUNT)), work));
    }

    static Library batchHandler() {
        return new Library("dedup, batch handler", Tables.LIBRARY, Library::startBatch);
    }

    static Library deferred() {
        return new Library(
                "dedup, deferred writes",
                Tables.LIBRARY,
                (builder, work) -> builder.startDeferred(
                        LaneKey.header(TestBed.ACCOUNT),
                        (writes, delivery) -> work.deferred(writes, orderIn(delivery))));
    }

    /** With keys in another table, which may be full already. */
    Library on(String otherTable) {
        return new Library(name, otherTable, way);
    }

    /** With something done just before the consumer starts. */
    Library after(Preparation preparation) {
        return new Library(name, table, (builder, work) -> {
            preparation.run();
            return way.start(builder, work);
        });
    }

    private static DedupConsumer start(DedupConsumerBuilder builder, Work work) {
        return builder.start((tx, delivery) -> work.one(tx, orderIn(delivery)));
    }

    private static DedupConsumer startBatch(DedupConsumerBuilder builder, Work work) {
        return builder.startBatch((tx, fresh) ->
                work.many(tx, fresh.stream().map(Library::orderIn).toList()));
    }

    private static Order orderIn(Delivery delivery) {
        return Order.fromJson(delivery.getBody());
    }

    @Override
    public Label label() {
        return new Label(name, Kind.LIBRARY, table);
    }

    @Override
    public AutoCloseable start(Arena arena) throws Exception {
        DeduplicatorBuilder dedup = Deduplicator.builder(arena.pool()).table(table);
        DedupConsumerBuilder builder = DedupConsumer.builder(
                        arena.broker(), dedup.listener(listener(arena)).build(), TestBed.QUEUE)
                .concurrency(arena.concurrency())
                .prefetch(Settings.PREFETCH);
        return way.start(builder, arena.work());
    }

    private static DedupListener listener(Arena arena) {
        return new DedupListener() {
            @Override
            public void onResult(Result result) {
                if (result.outcome() == Outcome.PROCESSED) {
                    arena.committed().accept(result.key().messageId());
                }
            }
        };
    }
}
