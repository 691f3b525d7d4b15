package io.dedup;

import java.util.List;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Keeps a listener's failure from the other listeners, and from the message's settlement. */
record Listeners(List<DedupListener> listeners) implements DedupListener {

    private static final Logger log = LoggerFactory.getLogger(Listeners.class);

    @Override
    public void onResult(Result result) {
        notifyEach(listener -> listener.onResult(result));
    }

    @Override
    public void onDelivery(Result result, boolean redelivered) {
        notifyEach(listener -> listener.onDelivery(result, redelivered));
    }

    @Override
    public void onDeadLetter(String consumer, String reason) {
        notifyEach(listener -> listener.onDeadLetter(consumer, reason));
    }

    @Override
    public void onPurged(long rows) {
        notifyEach(listener -> listener.onPurged(rows));
    }

    private void notifyEach(Consumer<DedupListener> event) {
        for (DedupListener listener : listeners) {
            try {
                event.accept(listener);
            } catch (Throwable e) { // a user's code, an Error included: a message's settlement must not hang on it
                log.warn("a DedupListener failed; messages are not affected", e);
            }
        }
    }
}
