package io.dedup;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The table of keys, and all SQL that runs while messages are processed.
 *
 * <p>A claim inserts the key and lets the unique constraint judge. While another transaction holds the same key
 * uncommitted the insert waits for its end, and is cancelled when that takes too long. Nothing of this bound is left on
 * the statements that follow.
 *
 * @see <a href="https://www.postgresql.org/docs/current/index-unique-checks.html">PostgreSQL, index uniqueness checks</a>
 */
final class ProcessedMessages {

    private static final String CLAIM = """
            INSERT INTO %s (consumer, message_id, fingerprint) VALUES (?, ?, ?)
            ON CONFLICT (consumer, message_id) DO NOTHING""";

    private static final String FINGERPRINT = "SELECT fingerprint FROM %s WHERE consumer = ? AND message_id = ?";

    private static final String SAVE_REPLY =
            "UPDATE %s SET reply = ?, reply_type = ? WHERE consumer = ? AND message_id = ?";

    private static final String REPLY =
            "SELECT reply, reply_type FROM %s WHERE consumer = ? AND message_id = ? AND reply IS NOT NULL";

    private static final String PROCESSED_AT = "SELECT processed_at FROM %s WHERE consumer = ? AND message_id = ?";

    private static final String FORGET = "DELETE FROM %s WHERE consumer = ? AND message_id = ?";

    // A table that was never analyzed has reltuples -1; the statistics then know what was inserted and deleted.
    private static final String SIZE = """
            SELECT CASE WHEN reltuples >= 0 THEN reltuples::bigint ELSE pg_stat_get_live_tuples(oid) END,
                   pg_total_relation_size(oid)
            FROM pg_class WHERE oid = ?::regclass""";

    // An array of row addresses: always a direct fetch, whatever the planner thinks of the table's size.
    private static final String PURGE = """
            DELETE FROM %1$s WHERE ctid = ANY (ARRAY(
                SELECT ctid FROM %1$s
                WHERE processed_at < now() - make_interval(secs => ?)
                ORDER BY processed_at
                LIMIT ?
                FOR UPDATE SKIP LOCKED))""";

    // A message that was processed has no failures, but its claim leaves them to the purge.
    private static final String PURGE_ATTEMPTS = """
            DELETE FROM %1$s WHERE ctid = ANY (ARRAY(
                SELECT ctid FROM %1$s AS attempt
                WHERE last_at < now() - make_interval(secs => ?) OR EXISTS (
                    SELECT FROM %2$s AS message
                    WHERE message.consumer = attempt.consumer AND message.message_id = attempt.message_id)
                LIMIT ?
                FOR UPDATE SKIP LOCKED))""";

    // Held to the end of the chunk's transaction. A session-level lock would stay behind on a pooler's connection.
    private static final String PURGE_LOCK =
            "SELECT pg_try_advisory_xact_lock(hashtextextended('io.dedup purge of ' || ?::regclass::oid, 0))";

    private final TableName table;
    private final Duration maxWait;
    private final BoundedWait wait;
    private final String claim;
    private final GroupClaims groups;
    private final String fingerprint;
    private final String saveReply;
    private final String reply;
    private final String purge;
    private final String purgeAttempts;

    ProcessedMessages(TableName table, Duration maxWait) {
        this.table = table;
        this.maxWait = maxWait;
        this.wait = new BoundedWait(maxWait);
        this.claim = CLAIM.formatted(table.sql());
        this.groups = new GroupClaims(table, maxWait);
        this.fingerprint = FINGERPRINT.formatted(table.sql());
        this.saveReply = SAVE_REPLY.formatted(table.sql());
        this.reply = REPLY.formatted(table.sql());
        this.purge = PURGE.formatted(table.sql());
        this.purgeAttempts = PURGE_ATTEMPTS.formatted(table.attemptsSql(), table.sql());
    }

    TableName table() {
        return table;
    }

    ProcessedMessages waitingAtMost(Duration limit) {
        return limit.compareTo(maxWait) < 0 ? new ProcessedMessages(table, limit) : this;
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
                    return Claim.ofKnown(body, row.getBytes(1));
                }
            } // purged between the two statements: the key is free again
        }
        return Claim.FRESH;
    }

    private boolean insert(Connection tx, MessageKey key, @Nullable Fingerprint body) throws SQLException {
        try (PreparedStatement insert = tx.prepareStatement(claim)) {
            insert.setString(1, key.consumer());
            insert.setString(2, key.messageId());
            insert.setBytes(3, body == null ? null : body.bytes());
            return wait.executeUpdate(insert) == 1;
        }
    }

    GroupClaims groups() {
        return groups;
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

    Optional<Instant> processedAt(Connection tx, MessageKey key) throws SQLException {
        try (PreparedStatement select = tx.prepareStatement(PROCESSED_AT.formatted(table.sql()))) {
            select.setString(1, key.consumer());
            select.setString(2, key.messageId());
            ResultSet row = select.executeQuery();
            return row.next()
                    ? Optional.of(row.getObject(1, OffsetDateTime.class).toInstant())
                    : Optional.empty();
        }
    }

    boolean forget(Connection tx, MessageKey key) throws SQLException {
        try (PreparedStatement delete = tx.prepareStatement(FORGET.formatted(table.sql()))) {
            delete.setString(1, key.consumer());
            delete.setString(2, key.messageId());
            return delete.executeUpdate() == 1;
        }
    }

    TableSize size(Connection tx) throws SQLException {
        try (PreparedStatement select = tx.prepareStatement(SIZE)) {
            select.setString(1, table.sql());
            ResultSet row = select.executeQuery();
            row.next();
            return new TableSize(row.getLong(1), row.getLong(2));
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
