package io.dedup.rabbit.spring;

import com.rabbitmq.client.Channel;
import java.util.Collection;
import java.util.IdentityHashMap;
import org.jspecify.annotations.Nullable;
import org.springframework.amqp.core.Message;

/**
 * What a listener's thread is at work on: one message, or one list of them. Collects what must wait for the commit: the
 * handler's own acknowledgements, its reply, and what is to be done with each message. Of one thread.
 */
final class InWork {

    private static final ThreadLocal<@Nullable InWork> CURRENT = new ThreadLocal<>();

    private final Channel channel;
    private final Channel guarded;
    private final IdentityHashMap<Message, Verdict> verdicts = new IdentityHashMap<>();
    private final IdentityHashMap<Message, Keys.Found> found = new IdentityHashMap<>();
    private final IdentityHashMap<Message, SpringReply> toSend = new IdentityHashMap<>();
    private @Nullable InWork outer;
    private boolean inGroup;
    private boolean replying;
    private @Nullable SpringReply reply;
    private @Nullable Boolean refusedToQueue;
    private @Nullable Throwable thrown;

    InWork(Channel channel) {
        this.channel = channel;
        this.guarded = ChannelGuard.of(channel, this);
    }

    static @Nullable InWork current() {
        return CURRENT.get();
    }

    /** To be ended. */
    InWork begin() {
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
        return guarded;
    }

    /** A group has claimed the message, and waits for the handler's return. */
    void inGroup(boolean waits) {
        inGroup = waits;
    }

    boolean isInGroup() {
        return inGroup;
    }

    /** The handler begins, perhaps once more after a rollback. */
    void handlerBegins() {
        replying = false;
        reply = null;
        refusedToQueue = null;
        thrown = null;
    }

    void handlerRefuses(boolean requeue) {
        refusedToQueue = requeue;
    }

    void throwIfHandlerRefused() {
        if (refusedToQueue != null) {
            throw new Verdict.HandlerRefused(refusedToQueue);
        }
    }

    void handlerThrew(Throwable failure) {
        thrown = failure;
    }

    void throwIfHandlerThrew() {
        if (thrown != null) {
            throw ListenerFailures.<RuntimeException>asItIs(thrown);
        }
    }

    /** What the listener publishes next is the handler's reply. */
    void replyFollows() {
        replying = true;
    }

    boolean takesReply() {
        return replying;
    }

    void replied(SpringReply sent) {
        replying = false;
        reply = sent;
    }

    @Nullable SpringReply reply() {
        return reply;
    }

    /** After the commit. */
    void send(Message request, @Nullable SpringReply committed) {
        if (committed != null) {
            toSend.put(request, committed);
        }
    }

    Collection<SpringReply> toSend() {
        return toSend.values();
    }

    /** The same for each attempt, also of the parts of a batch, which are told apart by their order. */
    Keys.Found keyOf(Message message, Keys keys) {
        return found.computeIfAbsent(message, each -> keys.of(channel, each));
    }

    /** An attempt begins; the advice around it may have it tried several times. */
    void forget(Message message) {
        verdicts.remove(message);
        toSend.remove(message);
    }

    void judge(Message message, Verdict verdict) {
        verdicts.put(message, verdict);
    }

    /** Null if its handler threw, or if the container's own advice kept it from being tried. */
    @Nullable Verdict verdictOn(Message message) {
        return verdicts.get(message);
    }
}
