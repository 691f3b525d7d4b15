package io.dedup.spring;

import static java.util.Objects.requireNonNull;

import com.rabbitmq.client.Channel;
import io.dedup.ConsumerState;
import io.dedup.amqp.ConfirmedPublisher;
import java.time.Duration;
import java.time.Instant;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.amqp.rabbit.listener.AbstractMessageListenerContainer;

/**
 * What a container of the library's is protected with, from one start to the next: a {@link HoldingConsumer} or a {@link
 * ListenerInterceptor}, never both. Thread-safe.
 */
final class ContainerProtection {

    private static final Logger log = LoggerFactory.getLogger(ContainerProtection.class);

    private final AbstractMessageListenerContainer container;
    private @Nullable ListenerConfig config;
    private @Nullable ContainerKind kind;
    private volatile @Nullable HoldingConsumer holding;
    private volatile @Nullable ListenerInterceptor settling;
    private @Nullable ConfirmedPublisher publisher;
    private volatile Instant since = Instant.now();

    ContainerProtection(AbstractMessageListenerContainer container) {
        this.container = container;
    }

    void config(ListenerConfig with) {
        this.config = with;
    }

    ListenerConfig config() {
        return requireNonNull(config, "config");
    }

    /** Decides once of which kind the container is. */
    ContainerKind kind(ContainerKind.Policy policy) {
        if (kind == null) {
            kind = ContainerKind.of(config(), policy);
        }
        return kind;
    }

    boolean isHolding() {
        return kind != null && kind.holding();
    }

    /** The logical name; where each of several queues has its own, the listener's ID. */
    String name() {
        String name = config == null ? null : config.consumer();
        if (name != null) {
            return name;
        }
        String[] queues = container.getQueueNames();
        String id = container.getListenerId();
        return queues.length == 1 || id == null ? String.join(",", queues) : id;
    }

    void startHolding(HoldingConsumer.Setting setting, ContainerListener listener) {
        requireStopped(holding);
        ConfirmedPublisher opened = Publishing.of(config(), container.getConnectionFactory(), name());
        HoldingConsumer started = new HoldingConsumer(config(), setting, opened, listener);
        started.start();
        holding = started;
        since = Instant.now();
    }

    void startSettling(ListenerInterceptor.Setting setting, Consumer<Throwable> errorHandler, int threads) {
        requireStopped(settling);
        publisher = Publishing.of(config(), container.getConnectionFactory(), name());
        ContainerKind decided = requireNonNull(kind, "kind");
        settling = new SettlingContainer(config(), decided.countedByHost(), new QuorumWarning(name(), threads))
                .interceptor(setting, container::isActive, errorHandler, publisher);
        StartLog.settling(name(), config(), decided, setting.requeuesFailures());
        since = Instant.now();
    }

    private void requireStopped(@Nullable Object running) {
        if (running != null) {
            throw new IllegalStateException("the listener of " + name() + " is still stopping");
        }
    }

    /** Nobody will stop a container that has not started. */
    void startFailed() {
        if (!container.isActive()) {
            stop(Duration.ofSeconds(1));
            close();
        }
    }

    @Nullable HoldingConsumer holding() {
        return holding;
    }

    ListenerInterceptor settling() {
        return requireNonNull(settling, "the container is not started");
    }

    void received(Channel channel, Object data) {
        HoldingConsumer receiver = holding;
        if (receiver == null) {
            log.debug("{} - a delivery after the stop is dropped; it will come again", name());
        } else {
            receiver.received(channel, data);
        }
    }

    /**
     * Stops what works for the container, has the container cancel its consumers, and returns what was held. Where a callback
     * waits for it, on a thread of the library's: the container's executor may have none to spare.
     */
    void shutdown(Duration limit, Consumer<@Nullable Runnable> container, @Nullable Runnable callback) {
        HoldingConsumer stopping = holding;
        if (callback == null) {
            try {
                stop(limit);
                container.accept(null);
            } finally {
                close();
            }
        } else if (stopping == null) {
            container.accept(() -> closeAnd(callback));
        } else {
            Thread thread = new Thread(
                    () -> {
                        stop(limit);
                        container.accept(() -> closeAnd(callback));
                    },
                    "dedup-" + name() + "-stop");
            thread.setDaemon(true);
            thread.start();
        }
    }

    private void closeAnd(Runnable callback) {
        try {
            close();
        } finally {
            callback.run();
        }
    }

    private void stop(Duration limit) {
        HoldingConsumer stopping = holding;
        if (stopping != null) {
            stopping.stop(limit);
        }
    }

    /** After the container has cancelled its consumers. */
    private void close() {
        HoldingConsumer closing = holding;
        holding = null;
        if (closing != null) {
            closing.close();
        }
        if (publisher != null) {
            publisher.close();
            publisher = null;
            settling = null;
        }
        since = Instant.now();
    }

    ConsumerState state() {
        HoldingConsumer running = holding;
        if (running != null) {
            return running.state();
        }
        boolean runs = container.isRunning();
        return new ConsumerState(runs ? ConsumerState.Phase.RUNNING : ConsumerState.Phase.CLOSED, null, since);
    }
}
