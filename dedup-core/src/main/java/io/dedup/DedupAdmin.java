package io.dedup;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/**
 * Migration, checks and purge of the library's tables, and what they say of messages: for operators, their tools and an
 * application's start. No message is processed here. Each question is a short transaction of its own. Thread-safe.
 *
 * @see Deduplicator#admin()
 */
public final class DedupAdmin {

    private final Bookkeeping bookkeeping;
    private final ProcessedMessages messages;
    private final AttemptLog failures;
    private final DedupListener listener;
    private final Duration retention;

    DedupAdmin(
            Bookkeeping bookkeeping,
            ProcessedMessages messages,
            AttemptLog failures,
            DedupListener listener,
            Duration retention) {
        this.bookkeeping = bookkeeping;
        this.messages = messages;
        this.failures = failures;
        this.listener = listener;
        this.retention = retention;
    }

    /**
     * Creates or updates the table with Flyway, which must be on the class path ({@code flyway-database-postgresql}).
     * Keeps a history of its own ({@code dedup_schema_history}), so it does not meddle with other migrations. Safe to
     * call at every start and from several nodes at once.
     *
     * @throws DedupException if Flyway is missing or fails
     */
    public void migrate() {
        Migrations.run(bookkeeping.dataSource(), messages.table());
    }

    /**
     * Checks that the database is a PostgreSQL which can be written to and holds the tables as this version needs them,
     * and tries what every message needs, a claim and a count, in a transaction that is rolled back. For the start of an
     * application: fail there and not at the first message. And for whoever waits for a database to come back.
     *
     * @throws DedupException that says what is missing, and which migration brings it
     */
    public void verify() {
        SchemaCheck.run(bookkeeping.dataSource(), messages.table());
        MessageKey key = new MessageKey("io.dedup", "verify " + UUID.randomUUID());
        var unused = bookkeeping.onTrial("a trial claim", tx -> {
            failures.record(tx, key, new IllegalStateException("a trial"));
            return messages.claim(tx, key, null);
        });
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
        long rows = new Purge(bookkeeping, messages).run(olderThan);
        listener.onPurged(rows);
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
     * When a message was processed.
     *
     * @param key the message
     * @return when its transaction began, by the database's clock; empty if it was not processed, or is forgotten
     * @throws DedupException if the database cannot be used
     */
    public Optional<Instant> processedAt(MessageKey key) {
        requireNonNull(key, "key");
        return bookkeeping.run("look-up of a message", tx -> messages.processedAt(tx, key));
    }

    /**
     * Forgets one message, so that it is <em>processed again</em> when it comes again: after its effects were undone by
     * hand, say. The count of its failures goes too. One that is in work at this moment is not there yet, and stays.
     *
     * @param key the message
     * @return whether there was anything to forget
     * @throws DedupException if the database cannot be used, or another transaction holds its row; try again then
     */
    public boolean forget(MessageKey key) {
        requireNonNull(key, "key");
        return bookkeeping.run("end of a key", tx -> {
            boolean counted = failures.forget(tx, key); // bounds the wait, for its row and the key's
            return messages.forget(tx, key) || counted;
        });
    }

    /**
     * The failures of a message, if it has any since its last success.
     *
     * @param key the message
     * @return its failures
     * @throws DedupException if the database cannot be used
     */
    public Optional<FailingMessage> failuresOf(MessageKey key) {
        requireNonNull(key, "key");
        return bookkeeping.run("look-up of failures", tx -> failures.of(tx, key));
    }

    /**
     * The messages that fail at present, the latest failure first.
     *
     * @param consumer whose
     * @param most how many at most
     * @return the messages
     * @throws DedupException if the database cannot be used
     */
    public List<FailingMessage> failing(String consumer, int most) {
        requireNonNull(consumer, "consumer");
        return bookkeeping.run("look-up of failures", tx -> failures.latest(tx, consumer, most));
    }

    /**
     * How many messages fail at present, by consumer. Those that are dead-lettered no longer count.
     *
     * @return the figures; a consumer without failures is not among them
     * @throws DedupException if the database cannot be used
     */
    public Map<String, Long> failing() {
        return bookkeeping.run("count of failures", failures::counts);
    }

    /**
     * The size of the table of keys.
     *
     * @return the estimate
     * @throws DedupException if the database cannot be used
     */
    public TableSize size() {
        return bookkeeping.run("look at the table's size", messages::size);
    }
}
