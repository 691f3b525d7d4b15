package io.dedup;

import io.dedup.KeyResolution.Found;
import io.dedup.spi.DeliveryProcessor;
import io.dedup.spi.DeliveryType;
import io.dedup.spi.Disposition;
import io.dedup.spi.Disposition.Reason;
import io.dedup.spi.Disposition.RunAgain;
import io.dedup.spi.Engine;
import io.dedup.spi.MessagePolicy;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** What every adapter does with deliveries, once. Thread-safe. */
final class DeliveryPipeline<D> implements DeliveryProcessor<D> {

    private final Engine engine;
    private final MessagePolicy policy;
    private final DeliveryType<D> type;
    private final HandlerAdapter<D> handler;
    private final FailurePolicy failures;
    private final KeyResolution<D> keys;

    DeliveryPipeline(Engine engine, MessagePolicy policy, DeliveryType<D> type, HandlerAdapter<D> handler) {
        this.engine = engine;
        this.policy = policy;
        this.type = type;
        this.handler = handler;
        this.failures = new FailurePolicy(policy, engine);
        this.keys = new KeyResolution<>(policy, type, failures);
    }

    @Override
    public int mostAtOnce() {
        return handler.mostAtOnce();
    }

    @Override
    public long unprotected() {
        return keys.unprotected();
    }

    @Override
    public void closing() {
        failures.closing();
    }

    @Override
    public List<Disposition> process(List<D> deliveries) {
        List<Found<D>> found = keys.of(deliveries);
        List<KeyedDelivery<D>> keyed = new ArrayList<>(found.size());
        for (Found<D> each : found) {
            if (each.keyed() != null) {
                keyed.add(each.keyed());
            }
        }
        Iterator<Result> results =
                keyed.isEmpty() ? null : handler.process(keyed).iterator();
        List<Disposition> dispositions = new ArrayList<>(deliveries.size());
        RunAgain outage = null;
        for (Found<D> each : found) {
            Disposition disposition = each.keyed() == null || results == null
                    ? Objects.requireNonNull(each.disposition())
                    : disposition(each.keyed(), results.next(), outage);
            if (outage == null && disposition instanceof RunAgain again && again.reason() == Reason.OUTAGE) {
                outage = again;
            }
            dispositions.add(disposition);
        }
        return dispositions;
    }

    /** During an outage, which another message of the same group has found, nobody asks the database again. */
    private Disposition disposition(KeyedDelivery<D> keyed, Result result, @Nullable RunAgain outage) {
        if (outage == null && isAnotherMessage(keyed, result)) {
            KeyedDelivery<D> other = keyed.underKeyWithBody(Objects.requireNonNull(keyed.body()));
            return disposition(other, handler.process(List.of(other)).get(0), null);
        }
        engine.listener().onDelivery(result, type.isRedelivered(keyed.delivery()));
        boolean answersAgain = result.outcome() == Outcome.DUPLICATE && handler.asksForReply(keyed.delivery());
        if (outage != null && (answersAgain || asksDatabase(keyed, result))) {
            return failures.outage(keyed.counted(), outage.cause());
        }
        Reply reply = keyed.reply();
        if (answersAgain) {
            try {
                reply = engine.replyOf(keyed.key()).orElse(null);
            } catch (DedupException e) { // committed, but not to be acknowledged without its reply
                return failures.outage(keyed.counted(), e);
            }
        }
        return failures.after(result, keyed.counted(), reply);
    }

    /** Whether judging it takes a look at the database. */
    private boolean asksDatabase(KeyedDelivery<D> keyed, Result result) {
        return result.outcome() == Outcome.FAILED
                || result.outcome() == Outcome.UNAVAILABLE
                || isAnotherMessage(keyed, result);
    }

    private boolean isAnotherMessage(KeyedDelivery<D> keyed, Result result) {
        return result.outcome() == Outcome.DIFFERENT_BODY
                && policy.differentBody() == DifferentBody.PROCESS
                && keyed.body() != null
                && !keyed.isUnderKeyWithBody();
    }

    @Override
    public Disposition failed(D delivery, Throwable cause) {
        return keys.unresolved(delivery, cause);
    }

    @Override
    public void deadLettered(D delivery, Disposition.DeadLetter dead) {
        engine.listener().onDeadLetter(type.consumer(delivery), dead.reason());
        if (dead.key() != null) {
            failures.deadLettered(dead.key());
        }
    }
}
