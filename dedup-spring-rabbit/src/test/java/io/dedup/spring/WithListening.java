package io.dedup.spring;

import io.dedup.Dedup;
import io.dedup.DedupListener;
import io.dedup.Outcome;
import io.dedup.Result;
import io.dedup.rabbit.WithShop;
import io.dedup.spring.Listening.Container;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.springframework.amqp.core.AcknowledgeMode;
import org.springframework.amqp.core.Message;

/** Tests that each have a Spring application of their own around their shop. */
abstract class WithListening extends WithShop {

    Listening listening;

    @BeforeEach
    void openListening() {
        listening = new Listening(shop);
    }

    @AfterEach
    void closeListening() {
        listening.close();
    }

    final void start(Container container, AcknowledgeMode mode, Handling.Handler handler) {
        listening.in(container, mode).start(new Handling(handler));
    }

    /** Writes what a message orders. */
    final void save(Message message) {
        listening.save(id(message));
    }

    final void publishAll(String prefix, int count) throws Exception {
        for (int i = 0; i < count; i++) {
            shop.publish(prefix + i);
        }
    }

    static String id(Message message) {
        return message.getMessageProperties().getMessageId();
    }

    /** Blocking retries end at once where their thread is interrupted, and while the container is active. */
    static DedupListener interruptingAt(Outcome outcome) {
        return new DedupListener() {
            @Override
            public void onDelivery(Result result, boolean redelivered) {
                if (result.outcome() == outcome) {
                    Thread.currentThread().interrupt();
                }
            }
        };
    }

    /** Whether the thread is in a message's transaction. */
    static boolean isProtected() {
        try {
            Dedup.assertActive();
            return true;
        } catch (IllegalStateException e) {
            return false;
        }
    }
}
