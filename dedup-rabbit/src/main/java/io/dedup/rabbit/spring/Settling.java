package io.dedup.rabbit.spring;

import com.rabbitmq.client.AlreadyClosedException;
import com.rabbitmq.client.Channel;
import java.io.IOException;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;
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
    private final Consumer<Throwable> errorHandler;

    /** The container's {@code errorHandler} is asked where the container does not settle: what it throws counts. */
    Settling(boolean manual, boolean transacted, boolean requeuesFailures, Consumer<Throwable> errorHandler) {
        this.manual = manual;
        this.transacted = transacted;
        this.requeuesFailures = requeuesFailures;
        this.errorHandler = errorHandler;
    }

    List<Handled> handOn(Channel channel, Object data, ListenerCall chain) {
        InWork work = new InWork(channel).begin();
        RuntimeException failure = null;
        try {
            chain.invokeListener(work.guarded(), data);
        } catch (RuntimeException e) {
            failure = e;
        } finally {
            work.end();
        }
        return handled(work, messagesOf(data), failure);
    }

    @SuppressWarnings("unchecked") // what containers hand over
    static List<Message> messagesOf(Object data) {
        return data instanceof List ? (List<Message>) data : List.of((Message) data);
    }

    List<Handled> handled(InWork work, List<Message> messages, @Nullable RuntimeException failure) {
        work.toSend().forEach(reply -> quietly(work.channel(), reply::send));
        return messages.stream()
                .map(message -> new Handled(message, work.verdictOn(message), failure))
                .toList();
    }

    /** Whole deliveries. Throws what the container is to know. */
    void settle(Channel channel, List<Handled> all) {
        if (manual) {
            settleEach(channel, all.stream().map(this::judged).toList());
            return;
        }
        RuntimeException failure = failureOf(all);
        RuntimeException trouble = troubleOf(all);
        throwAny(trouble != null && all.stream().anyMatch(Handled::isBack) ? withBoth(trouble, failure) : failure);
        throwAny(trouble);
    }

    /** As the container does where it settles: what its error handler throws stands for the failure. */
    private Handled judged(Handled handled) {
        if (!handled.isFailed() || handled.failure() == null) {
            return handled;
        }
        try {
            errorHandler.accept(handled.failure());
            return handled;
        } catch (RuntimeException e) {
            return new Handled(handled.message(), null, e);
        }
    }

    private void settleEach(Channel channel, List<Handled> all) {
        RuntimeException failure = failureOf(all);
        RuntimeException trouble = troubleOf(all);
        Handled.byDelivery(all, Handled::message).forEach((tag, parts) -> settle(channel, tag, parts));
        if (failure != null
                && (ListenerFailures.asksForAck(failure) || ListenerFailures.asksForManualReject(failure))) {
            log.warn("settled as its exception says", failure); // and not by the container once more
        } else if (failure != null || trouble != null) {
            List<Message> messages = all.stream().map(Handled::message).toList();
            raise(
                    channel,
                    failure == null ? Objects.requireNonNull(trouble) : ListenerFailures.settled(failure, messages));
        }
    }

    /** What has been settled stays so: the container rolls the channel back. */
    void raise(Channel channel, RuntimeException thrown) {
        if (manual && transacted) {
            quietly(channel, Channel::txCommit);
        }
        throw thrown;
    }

    private static void throwAny(@Nullable RuntimeException thrown) {
        if (thrown != null) {
            throw thrown;
        }
    }

    private static RuntimeException withBoth(RuntimeException trouble, @Nullable RuntimeException failure) {
        if (failure != null) {
            log.warn("a message's handler failed; it comes again with others of its delivery", failure);
            trouble.addSuppressed(failure);
        }
        return trouble;
    }

    private void settle(Channel channel, long tag, List<Handled> parts) {
        if (parts.stream().anyMatch(Handled::isBack)) { // not counted since RabbitMQ 4.3
            quietly(channel, c -> c.basicNack(tag, false, true));
        } else if (parts.stream().anyMatch(Handled::isFailed)) { // which quorum queues count
            boolean requeue = parts.stream().filter(Handled::isFailed).anyMatch(this::requeues);
            quietly(channel, c -> c.basicReject(tag, requeue));
        } else if (parts.stream().anyMatch(part -> part.verdict() instanceof Verdict.AsHandlerSays)) {
            boolean requeue = parts.stream().anyMatch(Settling::isWantedBack);
            quietly(channel, c -> c.basicReject(tag, requeue));
        } else if (parts.stream().anyMatch(part -> part.verdict() instanceof Verdict.Aside)) {
            quietly(channel, c -> c.basicReject(tag, false));
        } else {
            quietly(channel, c -> c.basicAck(tag, false));
        }
    }

    private boolean requeues(Handled failed) {
        return failed.failure() != null && ListenerFailures.requeues(requeuesFailures, failed.failure());
    }

    private static boolean isWantedBack(Handled part) {
        return part.verdict() instanceof Verdict.AsHandlerSays says
                && says.refusal().requeue();
    }

    /** One that asks for an acknowledgement has it only where there is no other. */
    private static @Nullable RuntimeException failureOf(List<Handled> all) {
        RuntimeException found = null;
        for (Handled each : all) {
            if (each.failure() != null && (found == null || ListenerFailures.asksForAck(found))) {
                found = each.failure();
            }
        }
        return found;
    }

    /** Where not everything is done, the container is to know; trouble goes first, since it must not be rejected. */
    private static @Nullable RuntimeException troubleOf(List<Handled> all) {
        RuntimeException thrown = null;
        for (Handled each : all) {
            List<Message> message = List.of(each.message());
            if (each.verdict() instanceof Verdict.Back back) {
                return ListenerFailures.back(back.cause(), message);
            } else if (each.verdict() instanceof Verdict.Aside aside && thrown == null) {
                thrown = ListenerFailures.aside(aside.cause(), message);
            } else if (each.verdict() instanceof Verdict.AsHandlerSays says) {
                thrown = isWantedBack(each)
                        ? ListenerFailures.back(says.refusal(), message)
                        : ListenerFailures.aside(says.refusal(), message);
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
