package io.dedup.rabbit;

import io.dedup.Result;
import java.util.List;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Keeps a listener's failure from the other listeners, and from the message's settlement. */
record DeliveryListeners(List<DeliveryListener> listeners) implements DeliveryListener {

    private static final Logger log = LoggerFactory.getLogger(DeliveryListeners.class);

    @Override
    public void onDelivery(Result result, boolean redelivered) {
        tell(listener -> listener.onDelivery(result, redelivered));
    }

    @Override
    public void onDeadLetter(String consumer, String reason) {
        tell(listener -> listener.onDeadLetter(consumer, reason));
    }

    private void tell(Consumer<DeliveryListener> event) {
        for (DeliveryListener listener : listeners) {
            try {
                event.accept(listener);
            } catch (Throwable e) { // a message's settlement must not hang on it
                log.warn("a DeliveryListener failed; messages are not affected", e);
            }
        }
    }
}
