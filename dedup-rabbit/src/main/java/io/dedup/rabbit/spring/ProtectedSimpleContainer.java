package io.dedup.rabbit.spring;

import static java.util.Objects.requireNonNull;

import com.rabbitmq.client.Channel;
import org.jspecify.annotations.Nullable;
import org.springframework.amqp.core.AcknowledgeMode;
import org.springframework.amqp.core.MessageListener;
import org.springframework.amqp.rabbit.listener.SimpleMessageListenerContainer;

/**
 * Protects its listener around and inside its advice chain, both by overriding and not by advice: spring-rabbit's retry
 * interceptors proceed several times on one invocation, and from the second time on that passes by all advice further in.
 */
final class ProtectedSimpleContainer extends SimpleMessageListenerContainer {

    /** How long a message may wait for others of its group: hardly, so that a lone one is not late. */
    private static final long GROUP_WAIT_MILLIS = 5;

    private @Nullable Terms terms;
    private @Nullable Protector protector;
    private @Nullable MessageListener groupView;
    private int consumers = 1;
    private int mostConsumers = 1;

    void protect(Terms with) {
        this.terms = with;
    }

    @Override
    public void setConcurrentConsumers(int concurrentConsumers) {
        super.setConcurrentConsumers(concurrentConsumers);
        consumers = concurrentConsumers;
    }

    @Override
    public void setMaxConcurrentConsumers(int maxConcurrentConsumers) {
        super.setMaxConcurrentConsumers(maxConcurrentConsumers);
        mostConsumers = maxConcurrentConsumers;
    }

    @Override
    protected void validateConfiguration() {
        super.validateConfiguration();
        Terms with = requireNonNull(terms, "terms");
        StartCheck.configuration(this, getTransactionManager() != null && !isChannelTransacted());
        MessageListener listener = super.getMessageListener();
        boolean batch = GroupView.isBatch(listener);
        if (with.groups() > 1 && !batch && listener != null) {
            groupView = new GroupView(listener);
            setConsumerBatchEnabled(true);
            setBatchSize(with.groups());
            setReceiveTimeout(GROUP_WAIT_MILLIS);
            setBatchReceiveTimeout(1);
        }
        if (isConsumerBatchEnabled()) { // each message of a list is settled for itself, which the container cannot do
            setAcknowledgeMode(AcknowledgeMode.MANUAL);
        }
        ReplyCapture.in(listener);
        protector = new Protector(
                with,
                new Protector.Setting(
                        getAcknowledgeMode().isManual(), isChannelTransacted(), isDefaultRequeueRejected(), batch),
                this::isActive,
                super::invokeErrorHandler);
    }

    /** A container makes lists only for listeners that take them. */
    @Override
    public @Nullable MessageListener getMessageListener() {
        return groupView == null ? super.getMessageListener() : groupView;
    }

    @Override
    public void start() {
        if (!isRunning()) {
            StartCheck.database(
                    this,
                    requireNonNull(terms, "terms"),
                    StartCheck.connections(Math.max(consumers, mostConsumers), getTransactionManager()));
        }
        super.start();
    }

    @Override
    protected void executeListenerAndHandleException(Channel channel, Object data) {
        requireNonNull(protector, "protector")
                .delivery(channel, data, super::executeListenerAndHandleException, this::handleListenerException);
    }

    /** Is told of the handler's failures only; whatever it makes of them, trouble of the library's own is not its to settle. */
    @Override
    protected void invokeErrorHandler(Throwable failure) {
        if (!ListenerFailures.isOfTheLibrary(failure)) {
            super.invokeErrorHandler(failure);
        }
    }

    @Override
    protected void invokeListener(Channel channel, Object data) {
        requireNonNull(protector, "protector").outside(channel, data, super::invokeListener);
    }

    @Override
    protected void actualInvokeListener(Channel channel, Object data) {
        requireNonNull(protector, "protector").inside(data, super::actualInvokeListener);
    }
}
