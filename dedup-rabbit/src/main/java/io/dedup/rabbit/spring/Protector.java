package io.dedup.rabbit.spring;

import com.rabbitmq.client.Channel;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.springframework.amqp.core.Message;

/** Protects one container's listener: outside of the container's own advice, and inside of it. Thread-safe. */
final class Protector {

    /** How the container is configured. */
    record Setting(boolean manual, boolean transacted, boolean requeuesFailures, boolean batch) {}

    private static final ThreadLocal<@Nullable List<Handled>> PARTS = new ThreadLocal<>();

    private final Setting setting;
    private final Settling settling;
    private final Claiming claiming;
    private final Batching batching;
    private final Grouping grouping;

    /** {@code active} is false once the container stops; {@code errorHandler} is the container's. */
    Protector(Terms terms, Setting setting, BooleanSupplier active, Consumer<Throwable> errorHandler) {
        this.setting = setting;
        Keys keys = new Keys(terms);
        Failures failures = new Failures(terms, active);
        this.settling = new Settling(setting.manual(), setting.transacted(), setting.requeuesFailures(), errorHandler);
        this.claiming = new Claiming(terms, keys, failures, active);
        this.batching = new Batching(terms, keys, claiming, failures, active);
        this.grouping = new Grouping(terms, keys, claiming, settling, failures);
    }

    /**
     * Around all that a container does with a delivery. The parts of a batching publisher's message are handed over one by
     * one in between; what is to become of their delivery is known after the last, so that none decides for its neighbours.
     */
    void delivery(Channel channel, Object data, ListenerCall container, Consumer<Throwable> errorHandler) {
        List<Handled> parts = new ArrayList<>();
        PARTS.set(parts);
        try {
            container.invokeListener(channel, data);
        } finally {
            PARTS.remove();
        }
        try {
            settling.settle(channel, parts);
        } catch (RuntimeException e) {
            errorHandler.accept(e);
            throw e;
        }
    }

    /** What the chain's end calls must come in by {@link #inside}. */
    void outside(Channel channel, Object data, ListenerCall chain) {
        List<Handled> parts = PARTS.get();
        if (data instanceof List && !setting.batch()) {
            grouping.handOn(channel, Settling.messagesOf(data), chain);
        } else if (parts != null && data instanceof Message message && Keys.isPart(message)) {
            parts.addAll(settling.handOn(channel, message, chain));
        } else {
            settling.settle(channel, settling.handOn(channel, data, chain));
        }
    }

    /** Called once for each attempt that the chain makes. */
    void inside(Object data, ListenerCall listener) {
        InWork work = InWork.current();
        if (work == null) {
            throw new IllegalStateException(
                    "advice of the container has left its thread; a message's transaction is one"
                            + " thread's, so let the advice call the listener on the thread that called it");
        }
        if (work.isInGroup()) {
            inGroup(work, data, listener);
        } else if (data instanceof Message message) {
            claiming.handOn(work, message, listener);
        } else {
            batching.handOn(work, Settling.messagesOf(data), listener);
        }
    }

    /** Past the container's retries: the whole group is to be rolled back before anything is tried again. */
    private static void inGroup(InWork work, Object data, ListenerCall listener) {
        try {
            listener.invokeListener(work.guarded(), data);
        } catch (RuntimeException | Error e) {
            work.handlerThrew(e);
        }
    }
}
