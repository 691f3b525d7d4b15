package io.dedup.spring.boot;

import io.dedup.DedupListener;
import io.dedup.Deduplicator;
import io.dedup.DeduplicatorBuilder;
import io.dedup.Result;
import io.dedup.spring.Protection;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.SmartInitializingSingleton;

/**
 * The context's {@link DedupListener} beans, each notified once: by the Deduplicator if Boot has made it, else by the
 * protected listeners. Looked up late, since meters are such beans and need the Deduplicator.
 */
final class ContextListeners implements SmartInitializingSingleton {

    private final ObjectProvider<DedupListener> beans;
    private volatile @Nullable DedupListener all;
    private volatile @Nullable Deduplicator notifying;

    ContextListeners(ObjectProvider<DedupListener> beans) {
        this.beans = beans;
    }

    Deduplicator build(DeduplicatorBuilder builder) {
        Deduplicator built = builder.listener(new Forwarding()).build();
        notifying = built;
        return built;
    }

    Protection in(Protection protection, Deduplicator dedup) {
        return dedup == notifying ? protection : protection.listener(new Forwarding());
    }

    @Override
    public void afterSingletonsInstantiated() {
        var unused = all();
    }

    private DedupListener all() {
        DedupListener known = all;
        if (known == null) {
            known = DedupListener.all(beans.orderedStream().toList());
            all = known;
        }
        return known;
    }

    private final class Forwarding implements DedupListener {

        @Override
        public void onResult(Result result) {
            all().onResult(result);
        }

        @Override
        public void onDelivery(Result result, boolean redelivered) {
            all().onDelivery(result, redelivered);
        }

        @Override
        public void onDeadLetter(String consumer, String reason) {
            all().onDeadLetter(consumer, reason);
        }

        @Override
        public void onPurged(long rows) {
            all().onPurged(rows);
        }
    }
}
