package io.dedup.spring;

import com.rabbitmq.client.Channel;
import io.dedup.ConsumerState;
import io.dedup.LaneKey;
import io.dedup.amqp.AckChannel;
import io.dedup.amqp.ConfirmedPublisher;
import io.dedup.amqp.DeadLetterPublisher;
import io.dedup.amqp.DeliveryCount;
import io.dedup.amqp.DeliveryWorkers;
import io.dedup.amqp.HeldDelivery;
import io.dedup.amqp.Lanes;
import io.dedup.spi.Engine;
import io.dedup.spi.MessagePolicy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.amqp.core.Message;
import org.springframework.amqp.core.MessageProperties;
import org.springframework.amqp.rabbit.listener.MessageAckListener;

/**
 * What works for a holding container from its start to its stop: the container's thread hands deliveries over, the library's
 * threads run the listener and settle, each on the channel that it came on. Thread-safe.
 */
final class HoldingConsumer {

    /** How the container is set up. */
    record Setting(
            String name,
            int workers,
            boolean inOrder,
            HoldingProcessor.Lists lists,
            MessagePreparation.Settings preparation,
            Supplier<MessageAckListener> acknowledgements) {}

    private static final Logger log = LoggerFactory.getLogger(HoldingConsumer.class);

    /** All messages of a queue keep their order. */
    private static final LaneKey QUEUE = message ->
            ((SpringMessageView) message).message().getMessageProperties().getConsumerQueue();

    /** At most so many of a list in one transaction. */
    private static final int MOST_IN_LIST = 65_535;

    private final Setting setting;
    private final ConfirmedPublisher publisher;
    private final PinnedChannels channels = new PinnedChannels();
    private final boolean ordered;
    private final Lanes lanes;
    private final DeliveryWorkers<HeldMessage> workers;

    HoldingConsumer(ListenerConfig config, Setting setting, ConfirmedPublisher publisher, ContainerListener listener) {
        this.setting = setting;
        this.publisher = publisher;
        this.ordered = config.lane() != null || setting.inOrder();
        this.lanes = new Lanes(setting.name(), config.lane() == null && setting.inOrder() ? QUEUE : config.lane());
        Engine engine = config.engine().waitingAtMost(DeliveryWorkers.CLAIM_WAIT);
        Replies replies = new Replies(publisher);
        this.workers = new DeliveryWorkers<>(
                new DeliveryWorkers.Setting(
                        setting.name(),
                        setting.workers(),
                        ordered,
                        config.policy().pauses().first()),
                engine,
                processor(engine, config, listener, replies),
                new HeldMessages(config, replies, setting.acknowledgements()),
                new DeadLetterPublisher(publisher),
                new DeliveryWorkers.OutageListener() {});
    }

    private HoldingProcessor processor(
            Engine engine, ListenerConfig config, ContainerListener listener, Replies replies) {
        MessagePolicy policy = config.policy();
        HoldingJudge judge = new HoldingJudge(policy.pauses());
        ListenerHandler handler = new ListenerHandler(judge);
        SpringDeliveryType type = new SpringDeliveryType(config);
        return new HoldingProcessor(
                listener,
                new MessagePreparation(setting.preparation(), listener::call),
                judge,
                engine.processor(policy, type, config.maxGroup(), handler),
                engine.batchProcessor(policy, type, MOST_IN_LIST, handler),
                replies,
                setting.lists());
    }

    void start() {
        workers.start();
    }

    /** Takes a delivery, or a list of them, from the container's thread. Never blocks. */
    void received(Channel channel, Object data) {
        List<HeldDelivery<HeldMessage>> held = new ArrayList<>(1);
        for (Message message : SettlingInterceptor.messagesOf(data)) {
            MessageProperties properties = message.getMessageProperties();
            AckChannel acks = channels.of(channel, properties.getConsumerTag());
            if (acks == null) {
                log.debug("{} - a delivery of a channel that is gone is dropped; it will come again", setting.name());
                continue;
            }
            acks.received(properties.getDeliveryTag());
            held.add(new HeldDelivery<>(
                    new HeldMessage(message, channel),
                    acks,
                    properties.getDeliveryTag(),
                    DeliveryCount.of(properties.getHeaders()),
                    lanes.of(new SpringMessageView(message))));
        }
        workers.addAll(held);
    }

    /** Of the container's thread that consumes. */
    PinnedChannels channels() {
        return channels;
    }

    void resize(int count) {
        if (ordered) {
            log.warn(
                    "{} - {} threads take effect at the next start: each entity has one of them",
                    setting.name(),
                    count);
        }
        workers.resize(count);
    }

    /** Begins nothing more, and waits for what is in work; interrupts it at the limit. */
    void stop(Duration limit) {
        workers.stop();
        workers.awaitOrInterrupt(limit);
    }

    /** After the container has cancelled its consumer: what was held goes back to the queue at once. */
    void close() {
        workers.releaseWaiting(held -> false);
        workers.close();
        publisher.close();
    }

    ConsumerState state() {
        String outage = workers.outage();
        return new ConsumerState(
                outage == null ? ConsumerState.Phase.RUNNING : ConsumerState.Phase.PAUSED,
                outage,
                workers.outageSince());
    }
}
