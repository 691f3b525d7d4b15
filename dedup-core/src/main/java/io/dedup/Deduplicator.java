package io.dedup;

import static java.util.Objects.requireNonNull;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Collection;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicReference;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

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
 * and effects together, and the message is recognised when it comes again. Effects outside this database (HTTP calls,
 * mails, other databases) are not covered: they happen at least once.
 *
 * <p>Works at any isolation level; READ COMMITTED, the default, collides least. Thread-safe and immutable; one serves a
 * whole application. It holds no connection between calls, so there is nothing to close.
 */
public final class Deduplicator {

    private final DataSource dataSource;
    private final Transactions own; // of the library's, apart from messages
    private final ProcessedMessages messages;
    private final AttemptLog failures;
    private final Attempts attempts;
    private final Duration retention;

    Deduplicator(
            DataSource dataSource,
            Transactions own,
            ProcessedMessages messages,
            AttemptLog failures,
            Attempts attempts,
            Duration retention) {
        this.dataSource = dataSource;
        this.own = own;
        this.messages = messages;
        this.failures = failures;
        this.attempts = attempts;
        this.retention = retention;
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
        return outcomeOf(attempt(key, work));
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
        return outcomeOf(attempt(key, requireNonNull(body, "body"), work));
    }

    /**
     * Like {@link #process(MessageKey, Work)}, for those who settle messages: every ending is a value, and nothing is
     * thrown but for null arguments.
     *
     * @param key the message
     * @param work what to do if it is new
     * @return what became of it, and why
     */
    public Result attempt(MessageKey key, Work<?> work) {
        return attempt(key, null, work);
    }

    /**
     * Like {@link #attempt(MessageKey, Work)}, with the body's fingerprint where there is one.
     *
     * @param key the message
     * @param body its body's fingerprint; null to compare keys only
     * @param work what to do if it is new
     * @return what became of it, and why
     */
    public Result attempt(MessageKey key, @Nullable Fingerprint body, Work<?> work) {
        return attempts.one(new Task(key, body, work));
    }

    /**
     * For messages that are waiting anyway: several in one transaction.
     *
     * @param max how many at most; what is best depends on the handler, from 20 to 100 as a rule
     * @return the groups; one for all threads of a consumer, since it learns what size does well
     * @throws IllegalArgumentException if the maximum is not positive
     */
    public Groups groups(int max) {
        return new Groups(attempts, max);
    }

    /**
     * The same deduplicator, with messages processed in another's transactions. Its own bookkeeping (failures, purge,
     * replies looked up) stays on the DataSource.
     *
     * @param source begins a transaction for each message or group
     * @return a deduplicator with this one's table and options
     */
    public Deduplicator with(TransactionSource source) {
        requireNonNull(source, "source");
        return new Deduplicator(dataSource, own, messages, failures, attempts.on(source), retention);
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
        return joined(tx, () -> messages.claim(GuardedConnection.behind(tx), key, null) == Claim.FRESH);
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
        return joined(tx, () -> messages.groups().claim(GuardedConnection.behind(tx), keys));
    }

    /**
     * Stores the answer to a message beside its key, inside the message's transaction.
     *
     * @param tx the connection that the work was handed, or that the key was claimed on
     * @param key the message; claimed in this transaction
     * @param reply the answer
     * @throws SQLException if the database refuses; let it pass, so that everything is rolled back
     * @throws IllegalStateException if the message is not claimed
     */
    public void saveReply(Connection tx, MessageKey key, Reply reply) throws SQLException {
        if (!messages.saveReply(tx, key, reply)) {
            throw new IllegalStateException(key + " is not claimed in this transaction, so its reply cannot be kept");
        }
    }

    /**
     * The stored answer to a message that was processed before.
     *
     * @param key the message
     * @return the answer, if one was stored and is not forgotten
     * @throws DedupException if the database cannot be used
     */
    public Optional<Reply> replyOf(MessageKey key) {
        return alone("look for a reply", tx -> messages.replyOf(tx, key));
    }

    /**
     * Counts a failure of a message's handler, in a transaction of its own since the failed one left nothing behind. The
     * count ends by being processed, or by {@link #forgetFailures}.
     *
     * @param key the message
     * @param failure what the handler threw; its text is kept, cut to 1,000 characters
     * @return the failures so far, this one included
     * @throws DedupException if the database cannot be used; nothing is counted
     */
    public FailedAttempts recordFailure(MessageKey key, Throwable failure) {
        return alone("count of a failure", tx -> failures.record(tx, key, failure));
    }

    /**
     * Ends the count of a message's failures, for one that has been put aside.
     *
     * @param key the message
     * @throws DedupException if the database cannot be used
     */
    public void forgetFailures(MessageKey key) {
        alone("end of a count", tx -> {
            failures.forget(tx, key);
            return key;
        });
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
            Trouble.checkHealth(tx);
        } catch (SQLException e) {
            throw Trouble.of("health check", e);
        }
    }

    /**
     * Creates or updates the table with Flyway, which must be on the class path ({@code flyway-database-postgresql}).
     * Keeps a history of its own ({@code dedup_schema_history}), so it does not meddle with other migrations. Safe to
     * call at every start and from several nodes at once.
     *
     * @throws DedupException if Flyway is missing or fails
     */
    public void migrate() {
        Migrations.run(dataSource, messages.table());
    }

    /**
     * Checks that the database is a PostgreSQL which can be written to and holds the tables as this version needs them,
     * and tries what every message needs, a claim and a count, in a transaction that is rolled back. For the start of an
     * application: fail there and not at the first message. And for whoever waits for a database to come back.
     *
     * @throws DedupException that says what is missing, and which migration brings it
     */
    public void verify() {
        SchemaCheck.run(dataSource, messages.table());
        MessageKey key = new MessageKey("io.dedup", "verify " + UUID.randomUUID());
        Transactions.Ending ending = own.run(tx -> {
            failures.record(tx, key, new IllegalStateException("a trial"));
            messages.claim(tx, key, null);
            return Outcome.DUPLICATE; // which is rolled back
        });
        if (ending.cause() != null) {
            throw Trouble.of("a trial claim", ending.cause());
        }
    }

    /**
     * Checks that the pool can give each of some threads a connection at once: a message holds one while it is in work.
     * Knows HikariCP; any other pool is taken to be large enough.
     *
     * @param concurrency how many messages are in work at a time
     * @throws DedupException if the pool is smaller
     */
    public void verifyPool(int concurrency) {
        PoolSize.require(dataSource, concurrency);
    }

    /**
     * Forgets the keys of messages processed longer ago than this; after that, such a message would be processed again.
     * Deletes in chunks of 1,000, each a transaction of its own that skips locked rows. Only one node purges at a time.
     * Counts of failures that old go too, and those of messages that have been processed since.
     *
     * @param olderThan the retention; longer than any redelivery, dead-letter replay and publisher's retry can take
     * @return how many were forgotten; 0 as well if another node is purging
     * @throws IllegalArgumentException if the retention is not positive
     * @throws DedupException if the database cannot be used; the chunks before that stay deleted
     */
    public long purge(Duration olderThan) {
        long rows = new Purge(own, messages).run(olderThan);
        attempts.tellPurged(rows);
        return rows;
    }

    /**
     * How long keys shall be remembered at least.
     *
     * @return the retention that this was built with; 7 days by default
     */
    public Duration retention() {
        return retention;
    }

    /**
     * Purges every hour what is older than the {@linkplain #retention() retention}, until closed.
     *
     * @return the schedule; close it with the application
     */
    public PurgeSchedule schedulePurge() {
        return schedulePurge(retention, Duration.ofHours(1));
    }

    /**
     * Purges at an interval, until closed. Every node of an application may do so.
     *
     * @param retention as {@link #purge}
     * @param every the time between two purges; the first comes after a random part of it
     * @return the schedule; close it with the application
     * @throws IllegalArgumentException if a duration is not positive
     */
    public PurgeSchedule schedulePurge(Duration retention, Duration every) {
        return new PurgeSchedule(this, retention, every);
    }

    /**
     * What the tables say of messages, for operators.
     *
     * @return the ledger
     */
    public Ledger ledger() {
        return new Ledger(this, messages, failures);
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
    interface Own<T> {
        T run(Connection tx) throws SQLException;
    }

    /** A transaction of the library's own. */
    <T> T alone(String operation, Own<T> work) {
        AtomicReference<T> value = new AtomicReference<>();
        Transactions.Ending ending = own.run(tx -> {
            value.set(work.run(tx));
            return Outcome.PROCESSED;
        });
        if (ending.cause() != null) {
            throw Trouble.of(operation, ending.cause());
        }
        return requireNonNull(value.get());
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
            throw Trouble.of("claim", e);
        }
    }
}
