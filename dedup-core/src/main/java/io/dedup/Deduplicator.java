package io.dedup;

import static java.util.Objects.requireNonNull;

import io.dedup.spi.Engine;
import io.dedup.spi.KeyedWork;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Collection;
import java.util.Set;
import javax.sql.DataSource;

/**
 * Makes a message's effects in one PostgreSQL database happen exactly once, however often the message arrives.
 *
 * <ol>
 *   <li>begin a transaction
 *   <li>claim the message: insert its {@link MessageKey}; a unique constraint tells new from old
 *   <li>new: run the handler's writes on the same connection; old: skip it
 *   <li>check that the transaction is still sound, and commit
 *   <li>the caller acknowledges the message, and never before
 * </ol>
 *
 * A crash before 4 leaves nothing, and the message is processed when it comes again. A crash between 4 and 5 leaves key
 * and effects together, and the message is detected as a duplicate when it comes again. Effects outside this database (HTTP calls,
 * mails, other databases) are not covered: they happen at least once.
 *
 * <p>Works at any isolation level; READ COMMITTED, the default, collides least. Thread-safe and immutable; one serves a
 * whole application. It holds no connection between calls, so there is nothing to close.
 */
public final class Deduplicator {

    private final DedupEngine engine;
    private final DedupAdmin admin;

    Deduplicator(DedupEngine engine, DedupAdmin admin) {
        this.engine = engine;
        this.admin = admin;
    }

    /**
     * A deduplicator with the defaults: table {@code processed_message} on the connection's search path, a wait of at
     * most 2 seconds for a message that another transaction is at work on, no time limit for handlers, a retention of 7
     * days, no listener. Does no I/O.
     *
     * @param dataSource where the handlers write too; its connections must be writable and able to leave autocommit
     * @return the deduplicator
     */
    public static Deduplicator create(DataSource dataSource) {
        return builder(dataSource).build();
    }

    /**
     * A builder for the options.
     *
     * @param dataSource where the handlers write too; its connections must be writable and able to leave autocommit
     * @return the builder
     */
    public static DeduplicatorBuilder builder(DataSource dataSource) {
        return new DeduplicatorBuilder(requireNonNull(dataSource, "dataSource"));
    }

    /**
     * Processes a message in a transaction of its own, unless it has been processed before.
     *
     * @param key the message
     * @param work what to do if it is new; may run again after a collision with another transaction
     * @param <X> what the work may throw
     * @return what became of it: {@link Outcome#PROCESSED}, {@link Outcome#DUPLICATE}, {@link Outcome#BUSY} or
     *     {@link Outcome#UNKNOWN}. Acknowledge only if {@link Outcome#isDone()}
     * @throws X the work's own exception, as it was thrown; everything is rolled back
     * @throws DedupException if the database cannot be used, or the work left a transaction that cannot be committed;
     *     everything is rolled back
     */
    public <X extends Exception> Outcome process(MessageKey key, Work<X> work) throws X {
        return outcomeOf(engine.attempt(new KeyedWork(key, null, work)));
    }

    /**
     * Like {@link #process(MessageKey, Work)}, and tells a repeated message from a new one under an old one's ID.
     *
     * @param key the message
     * @param body its body's fingerprint, stored beside the key
     * @param work what to do if it is new
     * @param <X> what the work may throw
     * @return as above, or {@link Outcome#DIFFERENT_BODY}
     * @throws X the work's own exception, as it was thrown; everything is rolled back
     */
    public <X extends Exception> Outcome process(MessageKey key, Fingerprint body, Work<X> work) throws X {
        return outcomeOf(engine.attempt(new KeyedWork(key, requireNonNull(body, "body"), work)));
    }

    /**
     * Claims a message inside the caller's transaction. The caller writes only if this returns true, calls
     * {@link #checkBeforeCommit} last, commits, and then acknowledges.
     *
     * @param tx the caller's transaction; autocommit must be off
     * @param key the message
     * @return true if the message is new; false if it was processed before
     * @throws DedupException if the key could not be inserted; the caller must roll back, and
     *     {@link DedupException#outcome()} tells what to do with the message
     */
    public boolean claim(Connection tx, MessageKey key) {
        requireNonNull(key, "key");
        return joined(tx, () -> engine.messages().claim(GuardedConnection.behind(tx), key, null) == Claim.FRESH);
    }

    /**
     * Claims several messages in one statement inside the caller's transaction. Repeats among the keys count once, and
     * callers with overlapping keys in whatever order do not deadlock.
     *
     * @param tx the caller's transaction; autocommit must be off
     * @param keys the messages
     * @return the new ones among them
     * @throws DedupException as {@link #claim}; no key is claimed
     */
    public Set<MessageKey> claimAll(Connection tx, Collection<MessageKey> keys) {
        return joined(tx, () -> engine.messages().groups().claim(GuardedConnection.behind(tx), keys));
    }

    /**
     * To be called last before the caller commits a transaction with a claim in it: PostgreSQL answers the commit of an
     * aborted transaction with a silent rollback, and the message would be lost. No round trip with pgjdbc.
     *
     * @param tx the caller's transaction
     * @throws DedupException with outcome {@link Outcome#FAILED} if it can no longer be committed; roll back
     */
    public void checkBeforeCommit(Connection tx) {
        try {
            DedupExceptions.checkHealth(tx);
        } catch (SQLException e) {
            throw DedupExceptions.of("health check", e);
        }
    }

    /**
     * What operators and start-up code need: migration, checks, purge, and what the tables say of messages.
     *
     * @return the administration of this deduplicator's tables
     */
    public DedupAdmin admin() {
        return admin;
    }

    /**
     * For adapters to brokers and frameworks. Applications do not need it.
     *
     * @return this deduplicator as adapters see it
     */
    public Engine engine() {
        return engine;
    }

    @SuppressWarnings("unchecked") // what the work throws is an X, an unchecked exception or an Error
    private static <X extends Throwable> Outcome outcomeOf(Result result) throws X {
        Throwable cause = result.cause();
        if (cause != null && (result.outcome() == Outcome.FAILED || result.outcome() == Outcome.UNAVAILABLE)) {
            throw (X) cause;
        }
        return result.outcome();
    }

    @FunctionalInterface
    private interface Statement<T> {
        T run() throws SQLException;
    }

    private static <T> T joined(Connection tx, Statement<T> claim) {
        try {
            if (tx.getAutoCommit()) {
                throw new IllegalStateException("the connection is in autocommit mode: the claim would be committed"
                        + " without the writes that belong to it; begin a transaction first");
            }
            return claim.run();
        } catch (SQLException e) {
            throw DedupExceptions.of("claim", e);
        }
    }
}
