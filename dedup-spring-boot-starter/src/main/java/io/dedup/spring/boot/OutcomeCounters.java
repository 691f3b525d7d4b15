package io.dedup.spring.boot;

import io.dedup.DedupListener;
import io.dedup.Outcome;
import io.dedup.Result;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import java.util.stream.Collectors;

/** Counts what the endpoint reports, whether or not there is a meter registry: by consumer, since this process began. */
final class OutcomeCounters implements DedupListener {

    private static final String DEAD_LETTERED = "dead-lettered";
    private static final String BY_BROKER = "duplicate-redelivered";
    private static final String BY_PUBLISHER = "duplicate-published";

    private final Map<String, Map<String, LongAdder>> counts = new ConcurrentHashMap<>();
    private final LongAdder purged = new LongAdder();

    @Override
    public void onResult(Result result) {
        count(result.key().consumer(), name(result.outcome()));
    }

    @Override
    public void onDelivery(Result result, boolean redelivered) {
        if (result.outcome() == Outcome.DUPLICATE) {
            count(result.key().consumer(), redelivered ? BY_BROKER : BY_PUBLISHER);
        }
    }

    @Override
    public void onDeadLetter(String consumer, String reason) {
        count(consumer, DEAD_LETTERED);
    }

    @Override
    public void onPurged(long rows) {
        purged.add(rows);
    }

    private void count(String consumer, String what) {
        counts.computeIfAbsent(consumer, c -> new ConcurrentHashMap<>())
                .computeIfAbsent(what, w -> new LongAdder())
                .increment();
    }

    private static String name(Outcome outcome) {
        return outcome.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** What is not among them has not happened. */
    Map<String, Long> of(String consumer) {
        return counts.getOrDefault(consumer, Map.of()).entrySet().stream()
                .collect(Collectors.toMap(Map.Entry::getKey, e -> e.getValue().sum(), (a, b) -> b, TreeMap::new));
    }

    Map<String, Map<String, Long>> all() {
        return counts.keySet().stream().collect(Collectors.toMap(c -> c, this::of, (a, b) -> b, TreeMap::new));
    }

    long purged() {
        return purged.sum();
    }
}
