package io.dedup.rabbit.spring;

import static java.util.Objects.requireNonNull;

import com.rabbitmq.client.Channel;
import org.jspecify.annotations.Nullable;
import org.springframework.amqp.rabbit.listener.DirectMessageListenerContainer;

/** As {@link ProtectedSimpleContainer}. */
final class ProtectedDirectContainer extends DirectMessageListenerContainer {

    private @Nullable Terms terms;
    private @Nullable Protector protector;
    private int consumersPerQueue = 1;

    void protect(Terms with) {
        this.terms = with;
    }

    @Override
    public void setConsumersPerQueue(int consumers) {
        super.setConsumersPerQueue(consumers);
        consumersPerQueue = consumers;
    }

    @Override
    protected void validateConfiguration() {
        super.validateConfiguration();
        Terms with = requireNonNull(terms, "terms");
        StartCheck.configuration(this, getTransactionManager() != null && !isChannelTransacted());
        StartCheck.noGroups(this, with);
        ReplyCapture.in(getMessageListener());
        protector = new Protector(
                with,
                new Protector.Setting(
                        getAcknowledgeMode().isManual(),
                        isChannelTransacted(),
                        isDefaultRequeueRejected(),
                        GroupView.isBatch(getMessageListener())),
                this::isActive,
                super::invokeErrorHandler);
    }

    @Override
    public void start() {
        if (!isRunning()) {
            int threads = consumersPerQueue * Math.max(1, getQueueNames().length);
            StartCheck.database(
                    this, requireNonNull(terms, "terms"), StartCheck.connections(threads, getTransactionManager()));
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
