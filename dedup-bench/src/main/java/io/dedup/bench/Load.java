package io.dedup.bench;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.LongStream;

/**
 * The messages of one measurement. Numbers are never used twice, so that a message of one measurement is never a duplicate
 * of another's.
 *
 * @param known messages that were processed before: the measured ones repeat them
 * @param messages what is measured, in the order of publishing
 */
record Load(List<Order> known, List<Order> messages) {

    private static long next = 1;

    static Load fresh(int size) {
        return withDuplicates(size, 0);
    }

    /** Of so many messages this share are duplicates of messages that were processed before. */
    static synchronized Load withDuplicates(int size, double share) {
        int known = (int) Math.round(size * share);
        List<Order> all =
                LongStream.range(next, next + size).mapToObj(Order::number).toList();
        next += size;
        List<Order> shuffled = new ArrayList<>(all);
        Collections.shuffle(shuffled, new Random(size));
        return new Load(all.subList(0, known), shuffled);
    }

    /** The orders that take effect in the end. */
    int orders() {
        return messages.size();
    }

    long sum() {
        return messages.stream().mapToLong(Order::amount).sum();
    }
}
