package io.dedup.rabbit.spring;

import org.jspecify.annotations.Nullable;

/** A listener cannot be protected as it is configured, so it does not start. Says why and what to do. */
public final class ListenerRefusedException extends IllegalStateException {

    private static final long serialVersionUID = 1L;

    /** Why a listener is refused. */
    public enum Reason {
        /** {@code AcknowledgeMode.NONE}: the broker forgets a message as it sends it. */
        ACKNOWLEDGE_MODE_NONE,
        /** {@code AcknowledgeMode.MANUAL} where only {@link ProtectAllListeners} protects. */
        ACKNOWLEDGE_MODE_MANUAL,
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
        /** Groups that the container cannot make. */
        GROUPS,
        /** A container factory that takes no advice, where {@link ProtectAllListeners} protects by advice. */
        CONTAINER_FACTORY
    }

    /** Why, for programs. */
    private final Reason reason;

    /** Why, for people. */
    private final String description;

    /** What to do about it. */
    private final String action;

    ListenerRefusedException(Reason reason, String description, String action, @Nullable Throwable cause) {
        super(description + "; " + action, cause);
        this.reason = reason;
        this.description = description;
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
     * Why, for people.
     *
     * @return what is wrong, and with which listener
     */
    public String description() {
        return description;
    }

    /**
     * What to do about it.
     *
     * @return one or two sentences
     */
    public String action() {
        return action;
    }
}
