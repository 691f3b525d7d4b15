package io.dedup.spring;

import com.rabbitmq.client.Channel;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.springframework.amqp.core.Message;

/** Protects one settling container's listener: outside of the container's own advice, and inside of it. Thread-safe. */
final class ListenerInterceptor {

    /** How the container is configured. */
    record Setting(boolean manual, boolean transacted, boolean requeuesFailures, boolean groups) {}

    private final SettlingInterceptor settling;
    private final SettlingProcessor processor;
    private final @Nullable SettlingGroups groups;
    private final QuorumWarning quorumWarning;

    /** {@code groups} is null where a list is for a listener that takes lists. */
    ListenerInterceptor(
            SettlingInterceptor settling,
            SettlingProcessor processor,
            @Nullable SettlingGroups groups,
            QuorumWarning quorumWarning) {
        this.settling = settling;
        this.processor = processor;
        this.groups = groups;
        this.quorumWarning = quorumWarning;
    }

    QuorumWarning quorumWarning() {
        return quorumWarning;
    }

    /**
     * Around all that a container does with a delivery. The parts of a batching publisher's message are handed over one by
     * one in between; what is to become of their delivery is known after the last, so that none decides for its neighbours.
     */
    void delivery(Channel channel, Object data, ListenerCall container, Consumer<Throwable> errorHandler) {
        quorumWarning.look(data);
        DeliveryScope scope = new DeliveryScope(channel).begin();
        try {
            container.invokeListener(channel, data);
        } finally {
            scope.end();
        }
        try {
            settling.settle(channel, scope.parts());
        } catch (RuntimeException e) {
            errorHandler.accept(e);
            throw e;
        }
    }

    /** What the chain's end calls must come in by {@link #inside}. */
    void outside(Channel channel, Object data, ListenerCall chain, @Nullable ListenerCall listener) {
        DeliveryScope delivery = DeliveryScope.current();
        if (groups != null && data instanceof List) {
            groups.handOn(channel, SettlingInterceptor.messagesOf(data), chain);
        } else if (delivery != null && data instanceof Message message && PartCounter.isPart(message)) {
            delivery.parts().addAll(settling.handOn(channel, message, chain, listener));
        } else {
            settling.settle(channel, settling.handOn(channel, data, chain, listener));
        }
    }

    /** Called once for each attempt that the chain makes. */
    void inside(Object data, @Nullable ListenerCall listener) {
        DeliveryScope scope = DeliveryScope.current();
        ListenerCall call = listener == null && scope != null ? scope.listener() : listener;
        if (scope == null || call == null) {
            throw new IllegalStateException("advice of the container has left its thread; a message's transaction is"
                    + " one thread's, so let the advice call the listener on the thread that called it");
        }
        if (scope.isInGroup()) {
            inGroup(scope, data, call);
        } else {
            processor.handOn(scope, data, call);
        }
    }

    private static void inGroup(DeliveryScope scope, Object data, ListenerCall listener) {
        try {
            listener.invokeListener(scope.guarded(), data);
        } catch (RuntimeException | Error e) {
            scope.thrownInGroup(e);
        }
    }
}
