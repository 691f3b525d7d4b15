package io.dedup.rabbit.spring.boot;

import io.dedup.DedupListener;
import io.dedup.Result;
import java.util.List;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** All listeners of the context; one that fails does not keep the others from hearing. */
record Listeners(List<DedupListener> listeners) implements DedupListener {

    private static final Logger log = LoggerFactory.getLogger(Listeners.class);

    @Override
    public void onResult(Result result) {
        tell(listener -> listener.onResult(result));
    }

    @Override
    public void onPurged(long rows) {
        tell(listener -> listener.onPurged(rows));
    }

    private void tell(Consumer<DedupListener> event) {
        for (DedupListener listener : listeners) {
            try {
                event.accept(listener);
            } catch (RuntimeException | Error e) {
                log.warn("{} failed; messages are not affected", listener, e);
            }
        }
    }
}
