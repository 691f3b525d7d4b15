package io.dedup.rabbit.spring;

import com.rabbitmq.client.AlreadyClosedException;
import com.rabbitmq.client.Channel;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.amqp.core.Message;

/**
 * Around the container's own advice: what comes out of that is final. Sends replies after the commit. Where the container
 * acknowledges (AUTO), says by return or exception what it shall do; where it does not (MANUAL), settles each delivery.
 *
 * @see <a href="https://www.rabbitmq.com/docs/confirms">RabbitMQ, consumer acknowledgements</a>
 */
final class Settling {

    private static final Logger log = LoggerFactory.getLogger(Settling.class);

    private final boolean manual;
    private final boolean transacted;
    private final boolean requeuesFailures;

    Settling(boolean manual, boolean transacted, boolean requeuesFailures) {
        this.manual = manual;
        this.transacted = transacted;
        this.requeuesFailures = requeuesFailures;
    }

    void handOn(Channel channel, Object data, ListenerCall chain) {
        InWork work = new InWork(channel).begin();
        RuntimeException failure = null;
        try {
            chain.invokeListener(work.guarded(), data);
        } catch (RuntimeException e) {
            failure = e;
        } finally {
            work.end();
        }
        settle(work, messagesOf(data), failure);
    }

    @SuppressWarnings("unchecked") // what containers hand over
    static List<Message> messagesOf(Object data) {
        return data instanceof List ? (List<Message>) data : List.of((Message) data);
    }

    void settle(InWork work, List<Message> messages, @Nullable RuntimeException failure) {
        work.toSend().forEach(reply -> quietly(work.channel(), reply::send));
        RuntimeException thrown = failure == null ? exceptionFor(work, messages) : failure;
        if (manual) {
            boolean acknowledges = failure != null && ListenerFailures.asksForAck(failure);
            byDelivery(messages).forEach((tag, parts) -> settle(work, tag, parts, acknowledges ? null : failure));
            if (transacted && thrown != null) {
                quietly(work.channel(), Channel::txCommit); // the container would roll it back
            }
            if (failure != null && (acknowledges || ListenerFailures.asksForManualReject(failure))) {
                log.warn("settled as its exception says", failure); // and not by the container once more
                return;
            }
        }
        if (thrown != null) {
            throw thrown;
        }
    }

    /** The parts of a batching publisher's message come in one delivery. */
    private static Map<Long, List<Message>> byDelivery(List<Message> messages) {
        Map<Long, List<Message>> deliveries = new LinkedHashMap<>();
        for (Message message : messages) {
            deliveries
                    .computeIfAbsent(message.getMessageProperties().getDeliveryTag(), tag -> new ArrayList<>())
                    .add(message);
        }
        return deliveries;
    }

    private void settle(InWork work, long tag, List<Message> parts, @Nullable RuntimeException failure) {
        Verdict verdict = Verdict.DONE;
        boolean untold = false;
        for (Message part : parts) {
            Verdict found = work.verdictOn(part);
            untold |= found == null;
            verdict = found == null || found instanceof Verdict.Done ? verdict : found;
        }
        Channel channel = work.channel();
        if (failure != null && untold) { // its handler's failure, which quorum queues count
            boolean requeue = ListenerFailures.requeues(requeuesFailures, failure);
            quietly(channel, c -> c.basicReject(tag, requeue));
        } else if (verdict instanceof Verdict.Back) { // not counted since RabbitMQ 4.3
            quietly(channel, c -> c.basicNack(tag, false, true));
        } else if (verdict instanceof Verdict.Aside) {
            quietly(channel, c -> c.basicReject(tag, false));
        } else if (verdict instanceof Verdict.AsHandlerSays says) {
            quietly(channel, c -> c.basicReject(tag, says.refusal().requeue()));
        } else if (isWhole(parts)) {
            quietly(channel, c -> c.basicAck(tag, false));
        }
    }

    /** Whether the last part of the delivery is among these; before it, more are to come. */
    private static boolean isWhole(List<Message> parts) {
        Message last = parts.get(parts.size() - 1);
        return !Keys.isPart(last) || last.getMessageProperties().isLastInBatch();
    }

    /** Where not everything is done, the container is to know; trouble goes first, since it must not be rejected. */
    private static @Nullable RuntimeException exceptionFor(InWork work, List<Message> messages) {
        RuntimeException thrown = null;
        for (Message message : messages) {
            Verdict verdict = work.verdictOn(message);
            if (verdict instanceof Verdict.Back back) {
                return ListenerFailures.back(back.cause(), List.of(message));
            } else if (verdict instanceof Verdict.Aside aside) {
                thrown = ListenerFailures.aside(aside.cause(), List.of(message));
            } else if (verdict instanceof Verdict.AsHandlerSays says) {
                thrown = says.refusal().requeue()
                        ? ListenerFailures.back(says.refusal(), List.of(message))
                        : ListenerFailures.aside(says.refusal(), List.of(message));
            }
        }
        return thrown;
    }

    private interface Call {
        void on(Channel channel) throws IOException;
    }

    /** A call that fails means that the channel is gone, and the broker gives the delivery to someone else. */
    private static void quietly(Channel channel, Call call) {
        try {
            call.on(channel);
        } catch (IOException | AlreadyClosedException e) {
            log.debug("the channel is gone; the delivery will come again", e);
        }
    }
}
