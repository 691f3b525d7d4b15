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
import org.springframework.amqp.core.MessagePostProcessor;
import org.springframework.amqp.core.Queue;
import org.springframework.amqp.rabbit.listener.DirectMessageListenerContainer;
import org.springframework.util.ErrorHandler;

/** As {@link ProtectedSimpleContainer}; there is one consumer for each queue. */
final class ProtectedDirectContainer extends DirectMessageListenerContainer implements MessageConsumer {

    private final ContainerProtection protection = new ContainerProtection(this);
    private final Withheld withheld = new Withheld();
    private int concurrency = 1;
    private boolean ownErrorHandler;

    void protect(ListenerConfig config) {
        protection.config(config);
    }

    // ---- what is set ----

    @Override
    public void setConsumersPerQueue(int consumersPerQueue) {
        if (!protection.isHolding()) {
            super.setConsumersPerQueue(consumersPerQueue);
        }
        concurrency = consumersPerQueue;
        resize();
    }

    private int workers() {
        return concurrency * Math.max(1, getQueueNames().length);
    }

    private void resize() {
        HoldingConsumer holding = protection.holding();
        if (holding != null) {
            holding.resize(workers());
        }
    }

    @Override
    public void addQueueNames(String... queueNames) {
        super.addQueueNames(queueNames);
        resize();
    }

    @Override
    public void addQueues(Queue... queues) {
        super.addQueues(queues);
        resize();
    }

    @Override
    public boolean removeQueueNames(String... queueNames) {
        boolean removed = super.removeQueueNames(queueNames);
        resize();
        return removed;
    }

    @Override
    public boolean removeQueues(Queue... queues) {
        boolean removed = super.removeQueues(queues);
        resize();
        return removed;
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
            super.setConsumersPerQueue(1);
            setAcknowledgeMode(AcknowledgeMode.MANUAL);
        } else {
            StartCheck.noGroups(this, protection.config(), kind);
        }
    }

    /** One consumer fetches for all threads. */
    @Override
    protected int getPrefetchCount() {
        return protection.isHolding()
                ? DeliveryWorkers.prefetch(super.getPrefetchCount(), concurrency)
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
                            new HoldingProcessor.Lists(false, lists, 1),
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
                            false),
                    super::invokeErrorHandler,
                    workers());
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
            if (DeliveryScope.isObserved()) {
                ProtectedDirectContainer.super.executeListenerAndHandleException(channel, data);
            } else {
                ProtectedDirectContainer.super.executeListener(channel, data);
            }
        }

        @Override
        public void observe(Channel channel, Message message, Runnable attempt) {
            DeliveryScope scope = DeliveryScope.observing(channel, attempt);
            try {
                ProtectedDirectContainer.super.executeListener(channel, message);
            } finally {
                scope.end();
            }
        }
    }

    // ---- stop ----

    @Override
    protected void shutdownAndWaitOrCallback(@Nullable Runnable callback) {
        if (isActive()) { // it tries to start again, after it could not reach the broker
            super.shutdownAndWaitOrCallback(callback);
            return;
        }
        protection.shutdown(Duration.ofMillis(getShutdownTimeout()), super::shutdownAndWaitOrCallback, callback);
    }

    // ---- deliveries ----

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
