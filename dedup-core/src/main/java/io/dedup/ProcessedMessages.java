package io.dedup;

import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * The table of keys, and all SQL that runs while messages are processed.
 *
 * <p>A claim inserts the key and lets the unique constraint judge. While another transaction holds the same key
 * uncommitted the insert waits for its end; {@code lock_timeout} bounds that wait and is put back in the same
 * statement, so that it costs no round trip and does not bound the handler's own statements. It is set for the
 * transaction only, which a pooler in transaction mode (PgBouncer) respects.
 *
 * @see <a href="https://www.postgresql.org/docs/current/index-unique-checks.html">PostgreSQL, index uniqueness checks</a>
 */
final class ProcessedMessages {

    // The aggregates read all of insert and delete before the outer row, and so the reset, is evaluated.
    private static final String CLAIM = """
            WITH bound AS MATERIALIZED (
                SELECT current_setting('lock_timeout') AS before, set_config('lock_timeout', ?, true)
            ), claim AS (
                INSERT INTO %s (consumer, message_id, fingerprint)
                SELECT ?, ?, ? FROM bound
                ON CONFLICT (consumer, message_id) DO NOTHING
                RETURNING consumer, message_id
            ), cleared AS (
                DELETE FROM %s WHERE (consumer, message_id) = (SELECT consumer, message_id FROM claim) RETURNING 1
            )
            SELECT fresh, set_config('lock_timeout', before, true)
            FROM (SELECT count(*) AS fresh FROM claim) AS counted, (SELECT count(*) FROM cleared) AS done, bound""";

    private static final String CLAIM_ALL = """
            WITH bound AS MATERIALIZED (
                SELECT current_setting('lock_timeout') AS before, set_config('lock_timeout', ?, true)
            ), claim AS (
                INSERT INTO %s (consumer, message_id)
                SELECT key.consumer, key.message_id FROM unnest(?::text[], ?::text[]) WITH ORDINALITY AS key (consumer, message_id, place), bound
                ORDER BY key.place
                ON CONFLICT (consumer, message_id) DO NOTHING
                RETURNING consumer, message_id
            ), cleared AS (
                DELETE FROM %s WHERE (consumer, message_id) IN (SELECT consumer, message_id FROM claim) RETURNING 1
            )
            SELECT consumers, message_ids, set_config('lock_timeout', before, true)
            FROM (SELECT array_agg(consumer) AS consumers, array_agg(message_id) AS message_ids FROM claim) AS fresh,
                (SELECT count(*) FROM cleared) AS done, bound""";

    private static final String FINGERPRINT = "SELECT fingerprint FROM %s WHERE consumer = ? AND message_id = ?";

    private static final String SAVE_REPLY =
            "UPDATE %s SET reply = ?, reply_type = ? WHERE consumer = ? AND message_id = ?";

    private static final String REPLY =
            "SELECT reply, reply_type FROM %s WHERE consumer = ? AND message_id = ? AND reply IS NOT NULL";

    // An array of row addresses: always a direct fetch, whatever the planner thinks of the table's size.
    private static final String PURGE = """
            DELETE FROM %1$s WHERE ctid = ANY (ARRAY(
                SELECT ctid FROM %1$s
                WHERE %2$s < now() - make_interval(secs => ?)
                ORDER BY %2$s
                LIMIT ?
                FOR UPDATE SKIP LOCKED))""";

    // Held to the end of the chunk's transaction. A session-level lock would stay behind on a pooler's connection.
    private static final String PURGE_LOCK =
            "SELECT pg_try_advisory_xact_lock(hashtextextended('io.dedup purge of ' || ?::regclass::oid, 0))";

    private static final Comparator<MessageKey> ORDER =
            Comparator.comparing(MessageKey::consumer).thenComparing(MessageKey::messageId);

    private final TableName table;
    private final String lockTimeout;
    private final String claim;
    private final String claimAll;
    private final String fingerprint;
    private final String saveReply;
    private final String reply;
    private final String purge;
    private final String purgeAttempts;

    ProcessedMessages(TableName table, Duration maxWait) {
        this.table = table;
        this.lockTimeout = maxWait.toMillis() + "ms";
        this.claim = CLAIM.formatted(table.sql(), table.attemptsSql());
        this.claimAll = CLAIM_ALL.formatted(table.sql(), table.attemptsSql());
        this.fingerprint = FINGERPRINT.formatted(table.sql());
        this.saveReply = SAVE_REPLY.formatted(table.sql());
        this.reply = REPLY.formatted(table.sql());
        this.purge = PURGE.formatted(table.sql(), "processed_at");
        this.purgeAttempts = PURGE.formatted(table.attemptsSql(), "last_at");
    }

    TableName table() {
        return table;
    }

    Claim claim(Connection tx, MessageKey key, @Nullable Fingerprint body) throws SQLException {
        while (!insert(tx, key, body)) {
            if (body == null) {
                return Claim.DUPLICATE;
            }
            try (PreparedStatement select = tx.prepareStatement(fingerprint)) {
                select.setString(1, key.consumer());
                select.setString(2, key.messageId());
                ResultSet row = select.executeQuery();
                if (row.next()) {
                    byte[] stored = row.getBytes(1);
                    // A key from before fingerprints were asked for says nothing about the body.
                    return stored == null || !body.differsFrom(stored) ? Claim.DUPLICATE : Claim.DIFFERENT_BODY;
                }
            }
            // Purged between the two statements: the key is free again.
        }
        return Claim.FRESH;
    }

    private boolean insert(Connection tx, MessageKey key, @Nullable Fingerprint body) throws SQLException {
        try (PreparedStatement insert = tx.prepareStatement(claim)) {
            insert.setString(1, lockTimeout);
            insert.setString(2, key.consumer());
            insert.setString(3, key.messageId());
            insert.setBytes(4, body == null ? null : body.bytes());
            ResultSet row = insert.executeQuery();
            row.next();
            return row.getInt(1) == 1;
        }
    }

    /** The fresh ones among the keys, in one statement. */
    Set<MessageKey> claimAll(Connection tx, Collection<MessageKey> keys) throws SQLException {
        // Sorted: two groups that insert the same keys in different order would deadlock.
        Set<MessageKey> sorted = new TreeSet<>(ORDER);
        sorted.addAll(keys);
        try (PreparedStatement insert = tx.prepareStatement(claimAll)) {
            insert.setString(1, lockTimeout);
            insert.setArray(
                    2, array(tx, sorted.stream().map(MessageKey::consumer).toList()));
            insert.setArray(
                    3, array(tx, sorted.stream().map(MessageKey::messageId).toList()));
            ResultSet row = insert.executeQuery();
            row.next();
            return keysIn(row);
        }
    }

    private static Set<MessageKey> keysIn(ResultSet row) throws SQLException {
        Array consumers = row.getArray(1);
        if (consumers == null) { // array_agg of no rows
            return Set.of();
        }
        String[] consumer = (String[]) consumers.getArray();
        String[] messageId = (String[]) row.getArray(2).getArray();
        Set<MessageKey> fresh = new HashSet<>();
        for (int i = 0; i < consumer.length; i++) {
            fresh.add(new MessageKey(consumer[i], messageId[i]));
        }
        return fresh;
    }

    private static Array array(Connection tx, List<String> values) throws SQLException {
        return tx.createArrayOf("text", values.toArray());
    }

    boolean saveReply(Connection tx, MessageKey key, Reply answer) throws SQLException {
        try (PreparedStatement update = tx.prepareStatement(saveReply)) {
            update.setBytes(1, answer.body());
            update.setString(2, answer.contentType());
            update.setString(3, key.consumer());
            update.setString(4, key.messageId());
            return update.executeUpdate() == 1;
        }
    }

    Optional<Reply> replyOf(Connection tx, MessageKey key) throws SQLException {
        try (PreparedStatement select = tx.prepareStatement(reply)) {
            select.setString(1, key.consumer());
            select.setString(2, key.messageId());
            ResultSet row = select.executeQuery();
            return row.next() ? Optional.of(new Reply(row.getBytes(1), row.getString(2))) : Optional.empty();
        }
    }

    /** Whether this transaction alone may purge, until its end. */
    boolean lockForPurge(Connection tx) throws SQLException {
        try (PreparedStatement lock = tx.prepareStatement(PURGE_LOCK)) {
            lock.setString(1, table.sql());
            ResultSet row = lock.executeQuery();
            row.next();
            return row.getBoolean(1);
        }
    }

    /** Forgets up to {@code most} keys; those that another transaction has locked are left for the next time. */
    int purge(Connection tx, Duration olderThan, int most) throws SQLException {
        return purge(tx, purge, olderThan, most);
    }

    /** The same for counts of failures. */
    int purgeAttempts(Connection tx, Duration olderThan, int most) throws SQLException {
        return purge(tx, purgeAttempts, olderThan, most);
    }

    private static int purge(Connection tx, String sql, Duration olderThan, int most) throws SQLException {
        try (PreparedStatement delete = tx.prepareStatement(sql)) {
            delete.setDouble(1, olderThan.toMillis() / 1000.0);
            delete.setInt(2, most);
            return delete.executeUpdate();
        }
    }
}
