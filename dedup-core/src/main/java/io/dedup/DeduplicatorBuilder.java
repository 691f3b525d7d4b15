package io.dedup;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/** Options of a {@link Deduplicator}. Not thread-safe. */
public final class DeduplicatorBuilder {

    private static final Duration LONGEST_WAIT = Duration.ofHours(1);

    private final DataSource dataSource;
    private @Nullable String schema;
    private String table = TableName.DEFAULT;
    private Duration maxWait = Duration.ofSeconds(2);
    private TimeLimit timeLimit = TimeLimit.NONE;
    private Duration retention = Duration.ofDays(7);
    private final List<DedupListener> listeners = new ArrayList<>();

    DeduplicatorBuilder(DataSource dataSource) {
        this.dataSource = dataSource;
    }

    /**
     * The schema that holds the table. Default: wherever the connection's search path finds it.
     *
     * @param name letters, digits, _ and $; case matters
     * @return this
     */
    public DeduplicatorBuilder schema(String name) {
        this.schema = requireNonNull(name, "schema");
        return this;
    }

    /**
     * The table. Default: {@code processed_message}.
     *
     * @param name letters, digits, _ and $; case matters
     * @return this
     */
    public DeduplicatorBuilder table(String name) {
        this.table = requireNonNull(name, "table");
        return this;
    }

    /**
     * How long a claim waits for another transaction that is at work on the same message before it gives
     * {@link Outcome#BUSY}, at most 250 ms late. Default: 2 seconds. A thread and a connection are held meanwhile.
     *
     * @param wait 1 millisecond to 1 hour
     * @return this
     */
    public DeduplicatorBuilder maxWait(Duration wait) {
        // PostgreSQL reads a lock_timeout of 0 as no bound at all.
        if (wait.toMillis() < 1 || wait.compareTo(LONGEST_WAIT) > 0) {
            throw new IllegalArgumentException("maxWait " + wait + " is not between 1 ms and 1 hour");
        }
        this.maxWait = wait;
        return this;
    }

    /**
     * How long a handler may take for one message. At the limit its running statement is cancelled and its thread
     * interrupted; what it throws then is a failure. Default: no limit.
     *
     * @param limit at least 1 millisecond
     * @return this
     */
    public DeduplicatorBuilder timeLimit(Duration limit) {
        this.timeLimit = new TimeLimit(Purge.requirePositive("timeLimit", limit));
        return this;
    }

    /**
     * How long keys are remembered, by {@link DedupAdmin#schedulePurge()}: longer than any redelivery, dead-letter
     * replay and publisher's retry can take. Default: 7 days.
     *
     * @param retention positive
     * @return this
     */
    public DeduplicatorBuilder retention(Duration retention) {
        this.retention = Purge.requirePositive("retention", retention);
        return this;
    }

    /**
     * Who is notified of what happened; another one each time this is called. Default: nobody.
     *
     * @param listener must be thread-safe
     * @return this
     */
    public DeduplicatorBuilder listener(DedupListener listener) {
        listeners.add(requireNonNull(listener, "listener"));
        return this;
    }

    /**
     * Builds it. Does no I/O; see {@link DedupAdmin#verify()}.
     *
     * @return the deduplicator
     * @throws IllegalArgumentException if schema or table is not a plain name
     */
    public Deduplicator build() {
        TableName name = new TableName(schema, table);
        Bookkeeping bookkeeping = new Bookkeeping(dataSource);
        ProcessedMessages messages = new ProcessedMessages(name, maxWait);
        AttemptLog failures = new AttemptLog(name, maxWait);
        DedupListener all = DedupListener.all(listeners);
        DedupAdmin admin = new DedupAdmin(bookkeeping, messages, failures, all, retention);
        Attempts attempts = new Attempts(bookkeeping.transactions(), messages, timeLimit, all);
        return new Deduplicator(new DedupEngine(bookkeeping, failures, attempts, admin), admin);
    }
}
