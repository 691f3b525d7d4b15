package io.dedup.spring;

import org.jspecify.annotations.Nullable;

/** A listener cannot be protected as it is configured, so it does not start. Says why and what to do. */
public final class ListenerRefusedException extends IllegalStateException {

    private static final long serialVersionUID = 1L;

    /** Why a listener is refused. */
    public enum Reason {
        /** {@code AcknowledgeMode.NONE}: the broker forgets a message as it sends it. */
        ACKNOWLEDGE_MODE_NONE,
        /** A container's transaction manager without transacted channels: acknowledged before the commit. */
        CONTAINER_TRANSACTION_MANAGER,
        /** The method answers by a Future, Mono or suspend function: it ends after its transaction has. */
        ASYNCHRONOUS_HANDLER,
        /** {@code exposeListenerChannel=false}: acknowledgements and replies of the handler go unseen. */
        CHANNEL_NOT_EXPOSED,
        /** The transaction manager works on another DataSource. */
        OTHER_DATA_SOURCE,
        /** The pool has fewer connections than the listener has threads. */
        POOL_TOO_SMALL,
        /** The database cannot be used: away, not migrated, or read-only. */
        DATABASE,
        /** No connection is known to publish dead letters and replies on. */
        PUBLISHING_CONNECTION,
        /** Groups that the container cannot make. */
        GROUPS,
        /** A container factory whose containers are not protected, where all listeners are to be. */
        CONTAINER_FACTORY
    }

    /** Why, for programs. */
    private final Reason reason;

    /** What is wrong. */
    private final String what;

    /** What to do about it. */
    private final String action;

    /**
     * A refusal.
     *
     * @param reason why, for programs
     * @param what what is wrong, and with which listener; without a full stop
     * @param action what to do about it; without a full stop
     * @param cause what led to it, or null
     */
    public ListenerRefusedException(Reason reason, String what, String action, @Nullable Throwable cause) {
        super(what + "; " + action, cause);
        this.reason = reason;
        this.what = what;
        this.action = action;
    }

    /**
     * Why, for programs.
     *
     * @return the reason
     */
    public Reason reason() {
        return reason;
    }

    /**
     * What is wrong.
     *
     * @return what is wrong, and with which listener
     */
    public String what() {
        return what;
    }

    /**
     * What to do about it.
     *
     * @return the second part of the message
     */
    public String action() {
        return action;
    }
}
