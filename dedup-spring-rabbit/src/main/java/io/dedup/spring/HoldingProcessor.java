package io.dedup.spring;

import io.dedup.amqp.HeldDelivery;
import io.dedup.spi.DeliveryProcessor;
import io.dedup.spi.Disposition;
import io.dedup.spi.Disposition.DeadLetter;
import io.dedup.spi.Disposition.Reason;
import io.dedup.spi.Disposition.RunAgain;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.amqp.core.Message;

/**
 * Processes the deliveries of a holding container: prepares them, has all their parts processed together, and says what to
 * do with each delivery as a whole. Thread-safe.
 */
final class HoldingProcessor implements DeliveryProcessor<HeldDelivery<HeldMessage>> {

    /** How the listener takes messages. */
    record Lists(boolean all, boolean ofBatches, int most) {}

    /** Either parts to be processed, or what to do where there are none. */
    private record Prepared(
            HeldDelivery<HeldMessage> held,
            List<Part> parts,
            @Nullable Disposition disposition) {}

    private static final Logger log = LoggerFactory.getLogger(HoldingProcessor.class);

    private static final Duration UNTIL_STOPPED = Duration.ofMinutes(1);
    private static final Duration AFTER_FAILED_PUBLISH = Duration.ofSeconds(5);

    private final ContainerListener listener;
    private final MessagePreparation preparation;
    private final FailureJudge judge;
    private final DeliveryProcessor<Part> single;
    private final DeliveryProcessor<Part> lists;
    private final Replies replies;
    private final Lists setting;

    HoldingProcessor(
            ContainerListener listener,
            MessagePreparation preparation,
            FailureJudge judge,
            DeliveryProcessor<Part> single,
            DeliveryProcessor<Part> lists,
            Replies replies,
            Lists setting) {
        this.listener = listener;
        this.preparation = preparation;
        this.judge = judge;
        this.single = single;
        this.lists = lists;
        this.replies = replies;
        this.setting = setting;
    }

    @Override
    public int mostAtOnce() {
        if (setting.all()) {
            return Math.min(lists.mostAtOnce(), setting.most());
        }
        return setting.ofBatches() ? 1 : single.mostAtOnce();
    }

    @Override
    public List<Disposition> process(List<HeldDelivery<HeldMessage>> deliveries) {
        if (deliveries.size() > 1 || setting.all()) {
            return processed(deliveries);
        }
        HeldMessage held = deliveries.get(0).content();
        AtomicReference<List<Disposition>> dispositions = new AtomicReference<>(List.of());
        try {
            listener.observe(held.channel(), held.message(), () -> {
                dispositions.set(processed(deliveries));
                throwIfUndone(held.message(), dispositions.get().get(0));
            });
        } catch (RuntimeException e) {
            if (dispositions.get().isEmpty()) {
                throw e;
            }
            log.trace("for who observes failures", e);
        }
        return dispositions.get();
    }

    /** Observations count what is thrown. */
    private static void throwIfUndone(Message message, Disposition disposition) {
        if (disposition instanceof RunAgain again) {
            throw undone(message, again.reason().name(), again.cause());
        } else if (disposition instanceof DeadLetter dead) {
            throw undone(message, dead.reason(), dead.cause());
        }
    }

    private static RuntimeException undone(Message message, String reason, @Nullable Throwable cause) {
        return ListenerFailures.failed(
                "not processed", cause == null ? new IllegalStateException(reason) : cause, List.of(message));
    }

    private List<Disposition> processed(List<HeldDelivery<HeldMessage>> deliveries) {
        List<Prepared> prepared = new ArrayList<>(deliveries.size());
        List<Part> parts = new ArrayList<>(deliveries.size());
        for (HeldDelivery<HeldMessage> each : deliveries) {
            Prepared one = prepare(each);
            prepared.add(one);
            parts.addAll(one.parts());
        }
        List<Disposition> results =
                parts.isEmpty() ? List.of() : processorOf(deliveries).process(parts);
        List<Disposition> dispositions = new ArrayList<>(deliveries.size());
        int next = 0;
        for (Prepared each : prepared) {
            int end = next + each.parts().size();
            dispositions.add(unreleased(
                    each.disposition() == null
                            ? combined(each.held().content(), each.parts(), results.subList(next, end))
                            : each.disposition()));
            next = end;
        }
        return dispositions;
    }

    private Disposition combined(HeldMessage held, List<Part> parts, List<Disposition> each) {
        Disposition disposition = PartDispositions.combined(held, parts, each);
        return disposition instanceof DeadLetter && !held.replies().isEmpty()
                ? afterReplies(held, disposition)
                : disposition;
    }

    /** At the stop: before its consumer is cancelled, a message would come to this container once more, and count twice. */
    private static Disposition unreleased(Disposition disposition) {
        return disposition instanceof Disposition.Release
                ? new RunAgain(Reason.UNAVAILABLE, UNTIL_STOPPED, null)
                : disposition;
    }

    /** Other parts of the delivery are processed, and asked for replies; rare enough to wait for them here. */
    private Disposition afterReplies(HeldMessage held, Disposition disposition) {
        try {
            var unused = replies.send(held.replies(), held.channel()).join();
            return disposition;
        } catch (CompletionException e) {
            return new RunAgain(Reason.UNAVAILABLE, AFTER_FAILED_PUBLISH, e.getCause());
        }
    }

    /** A listener that takes lists gets one only of what came as a batch, unless its container gathers them. */
    private DeliveryProcessor<Part> processorOf(List<HeldDelivery<HeldMessage>> deliveries) {
        boolean asLists = setting.all()
                || (setting.ofBatches() && deliveries.get(0).content().isBatch());
        return asLists ? lists : single;
    }

    private Prepared prepare(HeldDelivery<HeldMessage> held) {
        Map<Integer, HeldMessage.DeadPart> dead = held.content().deadParts();
        try {
            List<Part> all = preparation.partsOf(held);
            List<Part> open = new ArrayList<>(all.size());
            for (int i = 0; i < all.size(); i++) {
                if (!dead.containsKey(i)) {
                    open.add(all.get(i));
                }
            }
            return new Prepared(held, open, null);
        } catch (RuntimeException | Error e) { // a user's code
            Part whole = preparation.whole(held);
            Disposition disposition = single.failed(whole, judge.thrown(whole, e));
            if (disposition instanceof DeadLetter) { // all of it, whatever is known of its parts
                dead.clear();
            }
            return new Prepared(held, List.of(), disposition);
        }
    }

    @Override
    public Disposition failed(HeldDelivery<HeldMessage> held, Throwable cause) {
        return single.failed(preparation.whole(held), cause);
    }

    @Override
    public void deadLettered(HeldDelivery<HeldMessage> held, DeadLetter dead) {
        Map<Integer, HeldMessage.DeadPart> parts = held.content().deadParts();
        if (parts.isEmpty()) {
            single.deadLettered(preparation.whole(held), dead);
        }
        parts.values().forEach(each -> single.deadLettered(each.part(), each.dead()));
    }

    @Override
    public long unprotected() {
        return single.unprotected() + lists.unprotected();
    }

    @Override
    public void closing() {
        single.closing();
        lists.closing();
    }
}
