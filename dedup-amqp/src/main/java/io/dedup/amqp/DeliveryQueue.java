package io.dedup.amqp;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;

/**
 * Deliveries that wait for a worker: in one queue for all, or in lanes, one for each worker, by their business entity. In
 * lanes, later messages of an entity wait behind one that waits for another attempt; other entities pass. Thread-safe.
 */
final class DeliveryQueue<D> {

    /** What keeps an entity's later messages waiting, and those. */
    private static final class Blocked<D> {
        private HeldDelivery<D> by;
        private final Deque<HeldDelivery<D>> behind = new ArrayDeque<>();

        Blocked(HeldDelivery<D> by) {
            this.by = by;
        }
    }

    private final List<Deque<HeldDelivery<D>>> lanes;
    private final Map<Object, Blocked<D>> blocked = new HashMap<>();
    private boolean paused;
    private boolean closed;

    DeliveryQueue(int lanes) {
        this.lanes = Stream.<Deque<HeldDelivery<D>>>generate(ArrayDeque::new)
                .limit(lanes)
                .toList();
    }

    synchronized void add(HeldDelivery<D> held) {
        lane(held).addLast(held);
        notifyAll();
    }

    /** All before a worker takes the first. */
    synchronized void addAll(List<HeldDelivery<D>> all) {
        all.forEach(held -> lane(held).addLast(held));
        notifyAll();
    }

    /** A message whose pause is over goes before those that have arrived meanwhile. */
    synchronized void addFirst(HeldDelivery<D> held) {
        lane(held).addFirst(held);
        notifyAll();
    }

    /** Those who wait look at whether they are to end. */
    synchronized void wake() {
        notifyAll();
    }

    /**
     * Waits for one, and takes with it what is there already; none once the queue is closed, or its worker is to end. All
     * are in work then.
     */
    synchronized List<HeldDelivery<D>> take(int lane, int most, BooleanSupplier ends) throws InterruptedException {
        List<HeldDelivery<D>> taken = new ArrayList<>();
        while (!closed && !ends.getAsBoolean()) {
            if (!paused) {
                Deque<HeldDelivery<D>> queue = lanes.get(lane);
                while (taken.size() < most && !queue.isEmpty()) {
                    HeldDelivery<D> next = queue.removeFirst();
                    if (!waitsBehindAnother(next) && next.begin()) {
                        taken.add(next);
                    }
                }
                if (!taken.isEmpty()) {
                    return taken;
                }
            }
            wait();
        }
        return taken;
    }

    private boolean waitsBehindAnother(HeldDelivery<D> held) {
        Blocked<D> its = held.entity() == null ? null : blocked.get(held.entity());
        if (its == null || its.by == held) {
            return false;
        }
        its.behind.addLast(held);
        if (its.by.isOver()) { // settled at this moment, or its channel is gone
            settled(its.by);
        }
        return true;
    }

    /** It is not settled, so later ones of its entity wait; returns false if it waits behind another one itself. */
    synchronized boolean waits(HeldDelivery<D> held) {
        held.waits();
        if (held.entity() == null) {
            return true;
        }
        Blocked<D> its = blocked.computeIfAbsent(held.entity(), entity -> new Blocked<>(held));
        if (its.by != held && its.by.isOver()) {
            its.by = held;
        }
        if (its.by != held) {
            its.behind.addLast(held);
            return false;
        }
        return true;
    }

    /** Those that waited behind it are next. May be told more than once. */
    synchronized void settled(HeldDelivery<D> held) {
        Blocked<D> its = held.entity() == null ? null : blocked.get(held.entity());
        if (its != null && its.by == held) {
            blocked.remove(held.entity());
            Iterator<HeldDelivery<D>> newestFirst = its.behind.descendingIterator();
            while (newestFirst.hasNext()) {
                lane(held).addFirst(newestFirst.next());
            }
            notifyAll();
        }
    }

    /** Nothing is taken until it is resumed. */
    synchronized void pause() {
        paused = true;
    }

    synchronized void resume() {
        paused = false;
        notifyAll();
    }

    /** Nothing is taken any more. */
    synchronized void close() {
        closed = true;
        notifyAll();
    }

    synchronized boolean isClosed() {
        return closed;
    }

    private Deque<HeldDelivery<D>> lane(HeldDelivery<D> held) {
        int spread = held.entity() == null
                ? Long.hashCode(held.tag())
                : spread(held.entity().hashCode());
        return lanes.get(Math.floorMod(spread, lanes.size()));
    }

    /** The hash codes of numbered names differ in their last bits only. */
    private static int spread(int hash) {
        int mixed = hash * 0x9E3779B9;
        return mixed ^ (mixed >>> 16);
    }
}
