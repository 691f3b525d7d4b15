package io.dedup.spring;

import com.rabbitmq.client.Channel;
import io.dedup.spi.Disposition;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.amqp.core.Message;

/**
 * What a listener's thread is at work on: one message, or one list of them. Collects what must wait for the commit: the
 * handler's own acknowledgements, its reply, and, in settling containers, what is to be done with each message. Of one
 * thread.
 */
final class DeliveryScope {

    private static final ThreadLocal<@Nullable DeliveryScope> CURRENT = new ThreadLocal<>();

    private record Refusal(long tag, boolean multiple, boolean requeue) {}

    private final Channel channel;
    private final @Nullable ListenerCall listener;
    private final List<Refusal> refusals = new ArrayList<>(0);
    private final IdentityHashMap<Message, Disposition> judged = new IdentityHashMap<>(2);
    private final IdentityHashMap<Message, SpringReply> replies = new IdentityHashMap<>(2);
    private final IdentityHashMap<Message, Integer> numbers = new IdentityHashMap<>(2);
    private final List<MessageResult> parts = new ArrayList<>(0);
    private @Nullable Channel guarded;
    private @Nullable DeliveryScope outer;
    private @Nullable SpringReply reply;
    private @Nullable Runnable attempt;
    private boolean observed;
    private boolean inGroup;
    private @Nullable Throwable thrownInGroup;

    DeliveryScope(Channel channel) {
        this(channel, null);
    }

    /** {@code listener} is what the container's advice leads to, where that is not known inside of it. */
    DeliveryScope(Channel channel, @Nullable ListenerCall listener) {
        this.channel = channel;
        this.listener = listener;
    }

    static @Nullable DeliveryScope current() {
        return CURRENT.get();
    }

    /** Has an attempt run where the container would call its listener, inside its observation. */
    static DeliveryScope observing(Channel channel, Runnable attempt) {
        DeliveryScope scope = new DeliveryScope(channel);
        scope.attempt = attempt;
        return scope.begin();
    }

    /** What is to run in the listener's place; null, as a rule, or once it is taken. */
    static @Nullable Runnable takeAttempt() {
        DeliveryScope scope = CURRENT.get();
        if (scope == null || scope.attempt == null) {
            return null;
        }
        Runnable taken = scope.attempt;
        scope.attempt = null;
        scope.observed = true;
        return taken;
    }

    /** Whether the container's observation of the delivery is open already. */
    static boolean isObserved() {
        for (DeliveryScope scope = CURRENT.get(); scope != null; scope = scope.outer) {
            if (scope.observed) {
                return true;
            }
        }
        return false;
    }

    /** To be ended. */
    DeliveryScope begin() {
        outer = CURRENT.get();
        CURRENT.set(this);
        return this;
    }

    /** What the handler keeps of its channel no longer waits for anything. */
    void end() {
        if (outer == null) {
            CURRENT.remove();
        } else {
            CURRENT.set(outer);
        }
    }

    boolean isOver() {
        return CURRENT.get() != this;
    }

    Channel channel() {
        return channel;
    }

    /** What the listener gets instead. */
    Channel guarded() {
        if (guarded == null) {
            guarded = ChannelGuard.of(channel, this);
        }
        return guarded;
    }

    @Nullable ListenerCall listener() {
        return listener;
    }

    /** What came of the parts of the delivery so far, where it is a batching publisher's. */
    List<MessageResult> parts() {
        return parts;
    }

    /** The handler nacks or rejects. */
    void refused(long tag, boolean multiple, boolean requeue) {
        refusals.add(new Refusal(tag, multiple, requeue));
    }

    /** Whether the handler wants a delivery back that it has refused; null if it has not. */
    @Nullable Boolean refusalOf(long tag) {
        for (Refusal each : refusals) {
            if (each.tag() == tag || (each.multiple() && tag <= each.tag())) {
                return each.requeue();
            }
        }
        return null;
    }

    /** The handler's reply. */
    void replied(SpringReply sent) {
        reply = sent;
    }

    @Nullable SpringReply reply() {
        return reply;
    }

    /** A group has claimed the message, and waits for the handler's return. */
    void inGroup() {
        inGroup = true;
    }

    boolean isInGroup() {
        return inGroup;
    }

    /** Kept from the container's advice. */
    void thrownInGroup(Throwable failure) {
        thrownInGroup = failure;
    }

    void throwWhatWasThrownInGroup() {
        if (thrownInGroup != null) {
            throw ListenerFailures.<RuntimeException>asItIs(thrownInGroup);
        }
    }

    /** An attempt begins; the container's advice may have several made. */
    void forget(Message message) {
        judged.remove(message);
        replies.remove(message);
    }

    void judge(Message message, Disposition disposition) {
        judged.put(message, disposition);
    }

    /** Null if its handler threw, or if the container's own advice kept it from being tried. */
    @Nullable Disposition dispositionOf(Message message) {
        return judged.get(message);
    }

    /** After the commit. */
    void send(Message request, SpringReply committed) {
        replies.put(request, committed);
    }

    IdentityHashMap<Message, SpringReply> replies() {
        return replies;
    }

    /** Which of the equal parts of its batch it is; the same for each attempt. */
    int numberOf(Message message, PartCounter counter) {
        return numbers.computeIfAbsent(message, each -> counter.next(channel, each));
    }
}
