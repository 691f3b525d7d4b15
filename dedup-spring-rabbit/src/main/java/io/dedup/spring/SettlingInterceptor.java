package io.dedup.spring;

import com.rabbitmq.client.AlreadyClosedException;
import com.rabbitmq.client.Channel;
import io.dedup.spi.Disposition;
import io.dedup.spi.Disposition.Reason;
import io.dedup.spi.Disposition.RunAgain;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.amqp.core.Message;

/**
 * Around a settling container's own advice: what comes out of that is final. Sends replies after the commit. Where the
 * container acknowledges (AUTO), says by return or exception what it shall do; where it does not (MANUAL), settles each
 * delivery. Nothing is held, so nothing older is left that the container could settle with it.
 *
 * @see <a href="https://www.rabbitmq.com/docs/confirms">RabbitMQ, consumer acknowledgements</a>
 */
final class SettlingInterceptor {

    private static final Logger log = LoggerFactory.getLogger(SettlingInterceptor.class);

    private final boolean manual;
    private final boolean transacted;
    private final boolean requeuesFailures;
    private final Consumer<Throwable> errorHandler;
    private final Replies replies;
    private final BooleanSupplier active;

    /**
     * The container's {@code errorHandler} is asked where the container does not settle: what it throws counts. {@code active}
     * is false once the container stops.
     */
    SettlingInterceptor(
            ListenerInterceptor.Setting setting,
            Consumer<Throwable> errorHandler,
            Replies replies,
            BooleanSupplier active) {
        this.manual = setting.manual();
        this.transacted = setting.transacted();
        this.requeuesFailures = setting.requeuesFailures();
        this.errorHandler = errorHandler;
        this.replies = replies;
        this.active = active;
    }

    List<MessageResult> handOn(Channel channel, Object data, ListenerCall chain, @Nullable ListenerCall listener) {
        DeliveryScope scope = new DeliveryScope(channel, listener).begin();
        RuntimeException failure = null;
        try {
            chain.invokeListener(scope.guarded(), data);
        } catch (RuntimeException e) {
            failure = e;
        } finally {
            scope.end();
        }
        return results(scope, messagesOf(data), failure);
    }

    @SuppressWarnings("unchecked") // what containers hand over
    static List<Message> messagesOf(Object data) {
        return data instanceof List ? (List<Message>) data : List.of((Message) data);
    }

    List<MessageResult> results(DeliveryScope scope, List<Message> messages, @Nullable RuntimeException failure) {
        scope.replies().forEach((request, reply) -> {
            if (!replies.isSent(reply, scope.channel(), new BlockingRetry(active, scope.channel()))) {
                // committed, but not to be acknowledged without its reply
                scope.judge(request, new RunAgain(Reason.UNAVAILABLE, Duration.ZERO, null));
            }
        });
        return messages.stream()
                .map(message -> new MessageResult(message, scope.dispositionOf(message), failure))
                .toList();
    }

    /** Whole deliveries. Throws what the container is to know. */
    void settle(Channel channel, List<MessageResult> all) {
        if (manual) {
            settleEach(channel, all.stream().map(this::judged).toList());
            return;
        }
        RuntimeException failure = failureOf(all);
        RuntimeException undone = undoneOf(all);
        throwAny(undone != null && all.stream().anyMatch(MessageResult::isBack) ? withBoth(undone, failure) : failure);
        throwAny(undone);
    }

    /** As the container does where it settles: what its error handler throws stands for the failure. */
    private MessageResult judged(MessageResult result) {
        if (!result.isFailed() || result.failure() == null) {
            return result;
        }
        try {
            errorHandler.accept(result.failure());
            return result;
        } catch (RuntimeException e) {
            return new MessageResult(result.message(), null, e);
        }
    }

    private void settleEach(Channel channel, List<MessageResult> all) {
        RuntimeException failure = failureOf(all);
        RuntimeException undone = undoneOf(all);
        MessageResult.byDelivery(all, MessageResult::message).forEach((tag, parts) -> settle(channel, tag, parts));
        if (failure != null
                && (ListenerFailures.asksForAck(failure) || ListenerFailures.asksForManualReject(failure))) {
            log.warn("settled as its exception says", failure); // and not by the container once more
        } else if (failure != null || undone != null) {
            List<Message> messages = all.stream().map(MessageResult::message).toList();
            raise(
                    channel,
                    failure == null ? Objects.requireNonNull(undone) : ListenerFailures.settled(failure, messages));
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

    private static RuntimeException withBoth(RuntimeException undone, @Nullable RuntimeException failure) {
        if (failure != null) {
            log.warn("a message's handler failed; it comes again with others of its delivery", failure);
            undone.addSuppressed(failure);
        }
        return undone;
    }

    private void settle(Channel channel, long tag, List<MessageResult> parts) {
        if (parts.stream().anyMatch(MessageResult::isBack)) { // not counted since RabbitMQ 4.3
            quietly(channel, c -> c.basicNack(tag, false, true));
        } else if (parts.stream().anyMatch(MessageResult::isFailed)) { // which quorum queues count
            boolean requeue = parts.stream().filter(MessageResult::isFailed).anyMatch(this::requeues);
            quietly(channel, c -> c.basicReject(tag, requeue));
        } else if (parts.stream().anyMatch(MessageResult::isWantedBack)) {
            quietly(channel, c -> c.basicReject(tag, true));
        } else if (parts.stream().anyMatch(MessageResult::isRejected)) {
            quietly(channel, c -> c.basicReject(tag, false));
        } else {
            quietly(channel, c -> c.basicAck(tag, false));
        }
    }

    private boolean requeues(MessageResult failed) {
        return failed.failure() != null && ListenerFailures.requeues(requeuesFailures, failed.failure());
    }

    /** One that asks for an acknowledgement has it only where there is no other. */
    private static @Nullable RuntimeException failureOf(List<MessageResult> all) {
        RuntimeException found = null;
        for (MessageResult each : all) {
            if (each.failure() != null && (found == null || ListenerFailures.asksForAck(found))) {
                found = each.failure();
            }
        }
        return found;
    }

    /** Where not everything is done, the container is to know; what is returned goes first: it must not be rejected. */
    private static @Nullable RuntimeException undoneOf(List<MessageResult> all) {
        RuntimeException thrown = null;
        for (MessageResult each : all) {
            List<Message> message = List.of(each.message());
            if (each.disposition() instanceof RunAgain back) {
                return ListenerFailures.back(causeOf(back.cause(), back.reason()), message);
            } else if (each.disposition() instanceof Disposition.DeadLetter dead && thrown == null) {
                thrown = ListenerFailures.reject(causeOf(dead.cause(), dead.reason()), message);
            } else if (each.isWantedBack()) {
                thrown = ListenerFailures.back(new IllegalStateException("its handler wants it back"), message);
            }
        }
        return thrown;
    }

    private static Throwable causeOf(@Nullable Throwable cause, Object otherwise) {
        return cause == null ? new IllegalStateException(otherwise.toString()) : cause;
    }

    private interface Call {
        void on(Channel channel) throws IOException;
    }

    /** A call that fails means that the channel is gone, and the broker gives the delivery to someone else. */
    private static void quietly(Channel channel, Call call) {
        try {
            call.on(channel);
        } catch (IOException | AlreadyClosedException | IllegalStateException e) { // the last from Spring's proxy
            log.debug("the channel is gone; the delivery will come again", e);
        }
    }
}
