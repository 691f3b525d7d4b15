package io.dedup.bench;

import com.rabbitmq.client.GetResponse;
import io.dedup.Deduplicator;
import io.dedup.MessageKey;
import io.dedup.bench.Results.Measure;
import io.dedup.bench.Settings.Part;
import io.dedup.rabbit.Writes;
import java.sql.Connection;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;

/**
 * Whether a message that cannot be processed now holds up others: a Spring listener with one thread and the defaults, and
 * 1,000 good messages in its queue, alone or behind one that waits.
 */
final class Waiting {

    static final String SETTING = "a listener of one thread";

    private static final int GOOD = 1_000;
    private static final Duration LIMIT = Duration.ofMinutes(2);

    /** What the first message is. */
    enum First {
        GOOD("good ones alone"),
        FAILING("behind one that always fails"),
        BUSY("behind one whose key another transaction holds");

        final String title;

        First(String title) {
            this.title = title;
        }
    }

    private final TestBed bed;
    private final Settings settings;
    private final Results results;

    Waiting(TestBed bed, Settings settings, Results results) {
        this.bed = bed;
        this.settings = settings;
        this.results = results;
    }

    void run() throws Exception {
        List<First> order = new ArrayList<>(List.of(First.values()));
        measure(First.GOOD); // warms up
        for (int round = 1; round <= settings.rounds(); round++) {
            for (First first : order) {
                double perSecond = measure(first);
                results.add(Part.WAITING, SETTING, first.title, Measure.PER_SECOND, perSecond);
                System.out.printf(
                        Locale.ROOT,
                        "%-11s round %d  %-42s %-42s %,9.0f/s%n",
                        Part.WAITING,
                        round,
                        SETTING,
                        first.title,
                        perSecond);
            }
            Collections.reverse(order);
        }
    }

    private double measure(First first) throws Exception {
        bed.tables.reset();
        List<Order> all = Load.fresh(GOOD + 1).messages();
        Order bad = all.get(0);
        Load good = new Load(List.of(), all.subList(1, all.size()));
        if (first != First.GOOD) {
            bed.publish(List.of(bad));
        }
        bed.publish(good.messages());
        Probe probe = new Probe(GOOD);
        try (Arena arena = bed.arena(1, failing(first == First.FAILING ? bad.id() : ""), good, probe, id -> {});
                Connection other = bed.dataSource().getConnection()) {
            other.setAutoCommit(false);
            if (first == First.BUSY) {
                Deduplicator.create(bed.dataSource()).claim(other, new MessageKey(TestBed.QUEUE, bad.id()));
            }
            AutoCloseable running = LibrarySpring.oneByOne().start(arena);
            require(probe.await(LIMIT), "the good ones were not processed");
            switch (first) {
                case GOOD -> {}
                case FAILING -> requireDeadLetter();
                case BUSY -> {
                    Thread.sleep(settings.quick() ? 500 : 20_000); // in which it must not end as a dead letter
                    other.rollback();
                    await(() -> effectsOf(bad) == 1);
                }
            }
            running.close();
        }
        require(bed.waiting() == 0, "messages are left in the queue");
        require(bed.deadLetter() == null, "a message was dead-lettered");
        return probe.perSecond();
    }

    private static Work failing(String id) {
        return new Work() {
            @Override
            public void one(Connection tx, Order order) throws java.sql.SQLException {
                Write.INSERT.one(tx, order);
                if (order.id().equals(id)) {
                    throw new IllegalStateException("card declined");
                }
            }

            @Override
            public void many(Connection tx, List<Order> orders) {
                throw new UnsupportedOperationException();
            }

            @Override
            public void deferred(Writes writes, Order order) {
                throw new UnsupportedOperationException();
            }
        };
    }

    private void requireDeadLetter() throws Exception {
        List<GetResponse> found = new ArrayList<>();
        await(() -> {
            GetResponse letter = bed.deadLetter();
            return letter != null && found.add(letter);
        });
        var headers = found.get(0).getProps().getHeaders();
        require(
                String.valueOf(headers.get("x-dedup-attempts")).equals("5") && headers.containsKey("x-dedup-reason"),
                "the dead letter does not say why: " + headers.keySet());
    }

    private long effectsOf(Order order) throws Exception {
        return Long.parseLong(bed.tables.text("SELECT count(*) FROM effect WHERE message_id = '" + order.id() + "'"));
    }

    private static void await(Callable<Boolean> condition) throws Exception {
        long end = System.nanoTime() + LIMIT.toNanos();
        while (!condition.call()) {
            require(System.nanoTime() < end, "the first message did not come to its end");
            Thread.sleep(50);
        }
    }

    private static void require(boolean met, String otherwise) {
        if (!met) {
            throw new IllegalStateException(otherwise);
        }
    }
}
