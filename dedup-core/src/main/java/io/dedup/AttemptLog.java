package io.dedup;

import io.dedup.spi.Causes;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The table of failed attempts. A failed handler's rollback takes everything with it, so each failure is counted in a
 * transaction of its own. The key of a message that is processed makes the row meaningless; the purge sweeps it away.
 */
final class AttemptLog {

    private static final int LONGEST_ERROR = 1_000;

    private static final String RECORD = """
            INSERT INTO %s AS attempt (consumer, message_id, last_error) VALUES (?, ?, ?)
            ON CONFLICT (consumer, message_id) DO UPDATE
                SET attempts = attempt.attempts + 1, last_at = now(), last_error = excluded.last_error
            RETURNING attempts, first_at, last_at""";

    private static final String FORGET = "DELETE FROM %s WHERE consumer = ? AND message_id = ?";

    // A message that was processed has no failures, whatever is left of them here.
    private static final String FAILING = """
            FROM %s AS attempt WHERE NOT EXISTS (
                SELECT FROM %s AS message
                WHERE message.consumer = attempt.consumer AND message.message_id = attempt.message_id)
            """;
    private static final String READ =
            "SELECT consumer, message_id, attempts, first_at, last_at, last_error " + FAILING;
    private static final String OF = READ + "AND consumer = ? AND message_id = ?";
    private static final String LATEST = READ + "AND consumer = ? ORDER BY last_at DESC LIMIT ?";
    private static final String COUNTS = "SELECT consumer, count(*) " + FAILING + "GROUP BY consumer ORDER BY consumer";

    private final String of;
    private final String latest;
    private final String counts;
    private final String bound;
    private final String record;
    private final String forget;

    AttemptLog(TableName table, Duration maxWait) {
        String sql = table.attemptsSql();
        this.of = OF.formatted(sql, table.sql());
        this.latest = LATEST.formatted(sql, table.sql());
        this.counts = COUNTS.formatted(sql, table.sql());
        this.bound = "SET LOCAL lock_timeout = " + maxWait.toMillis();
        this.record = RECORD.formatted(sql);
        this.forget = FORGET.formatted(sql);
    }

    FailedAttempts record(Connection tx, MessageKey key, Throwable failure) throws SQLException {
        boundWait(tx);
        try (PreparedStatement insert = tx.prepareStatement(record)) {
            insert.setString(1, key.consumer());
            insert.setString(2, key.messageId());
            insert.setString(3, describe(failure));
            ResultSet row = insert.executeQuery();
            row.next();
            return attempts(row, 1);
        }
    }

    /** Whether there were any. */
    boolean forget(Connection tx, MessageKey key) throws SQLException {
        boundWait(tx);
        try (PreparedStatement delete = tx.prepareStatement(forget)) {
            delete.setString(1, key.consumer());
            delete.setString(2, key.messageId());
            return delete.executeUpdate() == 1;
        }
    }

    Optional<FailingMessage> of(Connection tx, MessageKey key) throws SQLException {
        try (PreparedStatement select = tx.prepareStatement(of)) {
            select.setString(1, key.consumer());
            select.setString(2, key.messageId());
            return read(select).stream().findFirst();
        }
    }

    List<FailingMessage> latest(Connection tx, String consumer, int most) throws SQLException {
        try (PreparedStatement select = tx.prepareStatement(latest)) {
            select.setString(1, consumer);
            select.setInt(2, most);
            return read(select);
        }
    }

    private static List<FailingMessage> read(PreparedStatement select) throws SQLException {
        List<FailingMessage> messages = new ArrayList<>();
        ResultSet row = select.executeQuery();
        while (row.next()) {
            MessageKey key = new MessageKey(row.getString(1), row.getString(2));
            messages.add(new FailingMessage(key, attempts(row, 3), row.getString(6)));
        }
        return messages;
    }

    Map<String, Long> counts(Connection tx) throws SQLException {
        Map<String, Long> byConsumer = new LinkedHashMap<>();
        try (PreparedStatement select = tx.prepareStatement(counts)) {
            ResultSet row = select.executeQuery();
            while (row.next()) {
                byConsumer.put(row.getString(1), row.getLong(2));
            }
        }
        return byConsumer;
    }

    private static FailedAttempts attempts(ResultSet row, int column) throws SQLException {
        return new FailedAttempts(
                row.getInt(column),
                row.getObject(column + 1, OffsetDateTime.class).toInstant(),
                row.getObject(column + 2, OffsetDateTime.class).toInstant());
    }

    /** Another node may be counting, or forgetting, the same message's failures. */
    private void boundWait(Connection tx) throws SQLException {
        try (Statement statement = tx.createStatement()) {
            statement.execute(bound);
        }
    }

    private static String describe(Throwable failure) {
        String text = Causes.text(failure).replace('\0', '?');
        return text.length() <= LONGEST_ERROR ? text : text.substring(0, LONGEST_ERROR) + "…";
    }
}
