package io.dedup.spring;

import com.rabbitmq.client.Channel;
import io.dedup.ConsumerState;
import io.dedup.MessageConsumer;
import io.dedup.amqp.DeliveryWorkers;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.amqp.core.AcknowledgeMode;
import org.springframework.amqp.core.Message;
import org.springframework.amqp.core.MessageListener;
import org.springframework.amqp.core.MessagePostProcessor;
import org.springframework.amqp.rabbit.connection.RoutingConnectionFactory;
import org.springframework.amqp.rabbit.connection.SimpleResourceHolder;
import org.springframework.amqp.rabbit.listener.SimpleMessageListenerContainer;
import org.springframework.util.ErrorHandler;

/**
 * Protects its listener by overriding and not by advice: spring-rabbit's retry interceptors proceed several times on one
 * invocation, and from the second time on that passes by all advice further in; and no advice sees what post processors
 * throw. A holding container has one consumer, whose deliveries the library's threads process.
 */
final class ProtectedSimpleContainer extends SimpleMessageListenerContainer implements MessageConsumer {

    /** How long a message may wait for others of its group: hardly, so that a lone one is not late. */
    private static final long GROUP_WAIT_MILLIS = 5;

    private final ContainerProtection protection = new ContainerProtection(this);
    private final Withheld withheld = new Withheld();
    private int concurrency = 1;
    private int mostConcurrency = 1;
    private int listSize = 1;
    private boolean ownErrorHandler;
    private @Nullable MessageListener groupView;

    void protect(ListenerConfig config) {
        protection.config(config);
    }

    // ---- what is set ----

    @Override
    public void setConcurrentConsumers(int concurrentConsumers) {
        if (!protection.isHolding()) {
            super.setConcurrentConsumers(concurrentConsumers);
        }
        concurrency = concurrentConsumers;
        resize();
    }

    @Override
    public void setMaxConcurrentConsumers(int maxConcurrentConsumers) {
        if (!protection.isHolding()) {
            super.setMaxConcurrentConsumers(maxConcurrentConsumers);
        }
        mostConcurrency = maxConcurrentConsumers;
        resize();
    }

    private int workers() {
        return Math.max(concurrency, mostConcurrency);
    }

    private void resize() {
        HoldingConsumer holding = protection.holding();
        if (holding != null) {
            holding.resize(workers());
        }
    }

    @Override
    public void setBatchSize(int batchSize) {
        super.setBatchSize(batchSize);
        listSize = batchSize;
    }

    @Override
    public void setErrorHandler(ErrorHandler errorHandler) {
        super.setErrorHandler(errorHandler);
        ownErrorHandler = true;
    }

    @Override
    public void setDeBatchingEnabled(boolean deBatchingEnabled) {
        if (protection.isHolding()) {
            withheld.deBatching(deBatchingEnabled);
        } else {
            super.setDeBatchingEnabled(deBatchingEnabled);
        }
    }

    @Override
    public void setAfterReceivePostProcessors(MessagePostProcessor... postProcessors) {
        if (protection.isHolding()) {
            withheld.postProcessors(postProcessors);
        } else {
            super.setAfterReceivePostProcessors(postProcessors);
        }
    }

    @Override
    public void addAfterReceivePostProcessors(MessagePostProcessor... postProcessors) {
        if (protection.isHolding()) {
            withheld.add(postProcessors);
        } else {
            super.addAfterReceivePostProcessors(postProcessors);
        }
    }

    @Override
    public boolean removeAfterReceivePostProcessor(MessagePostProcessor postProcessor) {
        return protection.isHolding()
                ? withheld.remove(postProcessor)
                : super.removeAfterReceivePostProcessor(postProcessor);
    }

    // ---- start ----

    @Override
    protected void validateConfiguration() {
        super.validateConfiguration();
        StartCheck.configuration(this, getTransactionManager() != null && !isChannelTransacted());
        if (protection.isHolding()) {
            return;
        }
        ContainerKind kind = protection.kind(new ContainerKind.Policy(
                isChannelTransacted(), ownErrorHandler, isDefaultRequeueRejected(), List.of(getAdviceChain())));
        if (kind.holding()) {
            withheld.deBatching(isDeBatchingEnabled());
            withheld.postProcessors(getAfterReceivePostProcessors());
            super.setDeBatchingEnabled(false);
            super.setAfterReceivePostProcessors();
            super.setConcurrentConsumers(1);
            super.setMaxConcurrentConsumers(1);
            setAcknowledgeMode(AcknowledgeMode.MANUAL);
        } else {
            settle();
        }
    }

    /** Each message of a list is settled for itself, which no container can do; but for one with a transaction manager. */
    private void settle() {
        MessageListener listener = super.getMessageListener();
        boolean settles = getTransactionManager() == null;
        if (protection.config().maxGroup() > 1 && listener != null && !ContainerKind.takesLists(listener) && settles) {
            groupView = new GroupView(listener);
            setConsumerBatchEnabled(true);
            setBatchSize(protection.config().maxGroup());
            setReceiveTimeout(GROUP_WAIT_MILLIS);
            setBatchReceiveTimeout(1);
        }
        if (isConsumerBatchEnabled() && settles) {
            setAcknowledgeMode(AcknowledgeMode.MANUAL);
        }
    }

    /** A container makes lists only for listeners that take them. */
    @Override
    public @Nullable MessageListener getMessageListener() {
        return groupView == null ? super.getMessageListener() : groupView;
    }

    /** One consumer fetches for all threads. */
    @Override
    protected int getPrefetchCount() {
        return protection.isHolding()
                ? DeliveryWorkers.prefetch(super.getPrefetchCount(), workers())
                : super.getPrefetchCount();
    }

    @Override
    public void start() {
        if (!isRunning()) {
            StartCheck.database(this, protection.config(), StartCheck.connections(workers(), getTransactionManager()));
        }
        super.start();
    }

    @Override
    protected void doStart() {
        QueueBeans beans = QueueBeans.of(getApplicationContext(), getQueueNames());
        if (protection.isHolding()) {
            boolean lists = ContainerKind.takesLists(getMessageListener());
            protection.startHolding(
                    new HoldingConsumer.Setting(
                            protection.name(),
                            workers(),
                            isExclusive() || beans.hasSingleActiveConsumer(),
                            new HoldingProcessor.Lists(isConsumerBatchEnabled(), lists, listSize),
                            withheld.settings(getBatchingStrategy()),
                            this::getMessageAckListener),
                    new Way());
            StartLog.holding(protection.name(), protection.config(), workers(), super.getPrefetchCount());
            if (isExclusive() || beans.hasSingleActiveConsumer()) {
                StartLog.inOrder(protection.name(), protection.config(), workers());
            }
            if (lists && protection.config().maxGroup() > 1) {
                StartLog.noGroups(protection.name());
            }
        } else {
            protection.startSettling(
                    new ListenerInterceptor.Setting(
                            getAcknowledgeMode().isManual() && getTransactionManager() == null, // or Spring settles too
                            isChannelTransacted(),
                            isDefaultRequeueRejected(),
                            groupView != null),
                    super::invokeErrorHandler,
                    workers());
            if (groupView == null && protection.config().maxGroup() > 1) {
                StartLog.noGroups(protection.name());
            }
            if (beans.hasQuorumQueue()) {
                protection.settling().quorumWarning().say();
            }
        }
        try {
            super.doStart();
        } catch (RuntimeException | Error e) {
            protection.startFailed();
            throw e;
        }
    }

    /** To the listener, past what is overridden here. */
    private final class Way implements ContainerListener {

        @Override
        public void call(Channel channel, Object data) {
            Object key = getRoutingLookupKey();
            RoutingConnectionFactory routing = key == null ? null : getRoutingConnectionFactory();
            if (routing == null || key == null) {
                execute(channel, data);
                return;
            }
            SimpleResourceHolder.bind(routing, key);
            try {
                execute(channel, data);
            } finally {
                var unused = SimpleResourceHolder.unbind(routing);
            }
        }

        private void execute(Channel channel, Object data) {
            if (DeliveryScope.isObserved()) {
                ProtectedSimpleContainer.super.executeListenerAndHandleException(channel, data);
            } else {
                ProtectedSimpleContainer.super.executeListener(channel, data);
            }
        }

        @Override
        public void observe(Channel channel, Message message, Runnable attempt) {
            DeliveryScope scope = DeliveryScope.observing(channel, attempt);
            try {
                ProtectedSimpleContainer.super.executeListener(channel, message);
            } finally {
                scope.end();
            }
        }
    }

    // ---- stop ----

    @Override
    protected void shutdownAndWaitOrCallback(@Nullable Runnable callback) {
        protection.shutdown(Duration.ofMillis(getShutdownTimeout()), super::shutdownAndWaitOrCallback, callback);
    }

    // ---- deliveries ----

    /** On a consumer's thread, as it begins. */
    @Override
    protected void redeclareElementsIfNecessary() {
        HoldingConsumer holding = protection.holding();
        if (holding != null) {
            holding.channels().forgetThread();
        }
        super.redeclareElementsIfNecessary();
    }

    /** On a consumer's thread, at least once a second: what this throws has the consumer replaced. */
    @Override
    protected long getIdleEventInterval() {
        HoldingConsumer holding = protection.holding();
        if (holding != null) {
            holding.channels().requireOpen();
        }
        return super.getIdleEventInterval();
    }

    @Override
    protected void executeListener(Channel channel, Object data) {
        if (protection.isHolding()) {
            protection.received(channel, data);
        } else {
            super.executeListener(channel, data);
        }
    }

    @Override
    protected void executeListenerAndHandleException(Channel channel, Object data) {
        Runnable attempt = DeliveryScope.takeAttempt();
        if (attempt != null) {
            attempt.run();
        } else if (protection.isHolding()) {
            super.executeListenerAndHandleException(channel, data);
        } else {
            protection
                    .settling()
                    .delivery(channel, data, super::executeListenerAndHandleException, this::handleListenerException);
        }
    }

    /** Where the library holds what fails, no error handler is to log or settle each attempt. */
    @Override
    protected void handleListenerException(Throwable failure) {
        if (!protection.isHolding()) {
            super.handleListenerException(failure);
        }
    }

    /** Is notified of the handler's failures only; whatever it makes of them, others are not its to settle. */
    @Override
    protected void invokeErrorHandler(Throwable failure) {
        if (!ListenerFailures.isOfTheLibrary(failure)) {
            super.invokeErrorHandler(failure);
        }
    }

    @Override
    protected void invokeListener(Channel channel, Object data) {
        if (protection.isHolding()) {
            super.invokeListener(channel, data);
        } else {
            protection.settling().outside(channel, data, super::invokeListener, null);
        }
    }

    @Override
    protected void actualInvokeListener(Channel channel, Object data) {
        if (protection.isHolding()) {
            super.actualInvokeListener(channel, data);
        } else {
            protection.settling().inside(data, super::actualInvokeListener);
        }
    }

    // ---- health ----

    @Override
    public String name() {
        return protection.name();
    }

    @Override
    public ConsumerState state() {
        return protection.state();
    }
}
