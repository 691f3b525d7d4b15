package io.dedup.rabbit;

import com.rabbitmq.client.Delivery;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One thread on one lane: takes what waits there, has it processed, settles it. */
final class Worker implements Runnable {

    private static final Logger log = LoggerFactory.getLogger(Worker.class);

    private final String consumer;
    private final Line line;
    private final int lane;
    private final Intake intake;
    private final Function<Subscription, Settler> settlers;
    private final Consumer<Verdict.Outage> onOutage;
    private volatile @Nullable Instant busySince;

    Worker(
            String consumer,
            Line line,
            int lane,
            Intake intake,
            Function<Subscription, Settler> settlers,
            Consumer<Verdict.Outage> onOutage) {
        this.consumer = consumer;
        this.line = line;
        this.lane = lane;
        this.intake = intake;
        this.settlers = settlers;
        this.onOutage = onOutage;
    }

    /** Ends with the line, and by nothing else: nobody would notice a worker's end. */
    @Override
    public void run() {
        Subscription current = line.first();
        while (current != null) {
            try {
                work(current);
                current = line.after(current, lane);
            } catch (InterruptedException e) {
                if (line.isClosing()) {
                    log.debug("{} - interrupted by close()", consumer);
                    return;
                }
                log.warn("{} - a worker was interrupted, and not by close(); goes on", consumer, e);
            } catch (RuntimeException | Error e) {
                log.error("{} - a delivery could not be settled; opens a new channel", consumer, e);
                current.end();
            }
        }
    }

    private void work(Subscription current) throws InterruptedException {
        Settler settler = settlers.apply(current);
        List<Delivery> next;
        do {
            next = current.take(lane, intake.mostAtOnce());
        } while (!next.isEmpty() && process(next, current, settler));
        current.end(); // for all lanes: they share a channel, and what this one leaves has to go back
    }

    /** Returns false if not all of them are settled. */
    private boolean process(List<Delivery> deliveries, Subscription current, Settler settler)
            throws InterruptedException {
        busySince = Instant.now();
        List<Verdict> verdicts = intake.judge(deliveries);
        busySince = null;
        var unused = Thread.interrupted(); // what a handler left of it is not the next message's
        List<Delivery> unsettled = settle(deliveries, verdicts, settler);
        if (unsettled.isEmpty()) {
            return true;
        }
        if (!current.isNearLimit()) {
            return false; // the channel closes, and the broker has them back
        }
        try {
            line.awaitEndOfOutage(); // another return could have one dropped: they stay here meanwhile
        } finally {
            unsettled.forEach(current::offerAgain);
        }
        return true;
    }

    /** Returns those that cannot be while the database is away. */
    private List<Delivery> settle(List<Delivery> deliveries, List<Verdict> verdicts, Settler settler) {
        List<Delivery> unsettled = new ArrayList<>();
        List<Delivery> settled = new ArrayList<>(deliveries.size());
        List<Verdict> theirs = new ArrayList<>(deliveries.size());
        for (int i = 0; i < verdicts.size(); i++) {
            if (verdicts.get(i) instanceof Verdict.Outage outage) {
                unsettled.add(deliveries.get(i));
                onOutage.accept(outage);
            } else {
                settled.add(deliveries.get(i));
                theirs.add(verdicts.get(i));
            }
        }
        settler.settle(settled, theirs);
        return unsettled;
    }

    /** Null while no handler runs. */
    @Nullable Instant busySince() {
        return busySince;
    }
}
