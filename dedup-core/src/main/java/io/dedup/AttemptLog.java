package io.dedup;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.OffsetDateTime;

/**
 * The table of failed attempts. A failed handler's rollback takes everything with it, so each failure is counted in a
 * transaction of its own; the claim of the next attempt deletes the row, and its commit makes that true.
 */
final class AttemptLog {

    private static final int LONGEST_ERROR = 1_000;

    private static final String RECORD = """
            INSERT INTO %s AS attempt (consumer, message_id, last_error) VALUES (?, ?, ?)
            ON CONFLICT (consumer, message_id) DO UPDATE
                SET attempts = attempt.attempts + 1, last_at = now(), last_error = excluded.last_error
            RETURNING attempts, first_at, last_at""";

    private static final String FORGET = "DELETE FROM %s WHERE consumer = ? AND message_id = ?";

    private final String bound;
    private final String record;
    private final String forget;

    AttemptLog(TableName table, Duration maxWait) {
        String sql = table.attemptsSql();
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
            return new FailedAttempts(
                    row.getInt(1),
                    row.getObject(2, OffsetDateTime.class).toInstant(),
                    row.getObject(3, OffsetDateTime.class).toInstant());
        }
    }

    void forget(Connection tx, MessageKey key) throws SQLException {
        boundWait(tx);
        try (PreparedStatement delete = tx.prepareStatement(forget)) {
            delete.setString(1, key.consumer());
            delete.setString(2, key.messageId());
            delete.executeUpdate();
        }
    }

    /** Another node may be at work on the message, and have deleted the row in its claim. */
    private void boundWait(Connection tx) throws SQLException {
        try (Statement statement = tx.createStatement()) {
            statement.execute(bound);
        }
    }

    private static String describe(Throwable failure) {
        String text;
        try {
            text = failure.toString();
        } catch (RuntimeException e) { // a handler's exception can be as broken as the handler
            text = failure.getClass().getName();
        }
        text = text.replace('\0', '?');
        return text.length() <= LONGEST_ERROR ? text : text.substring(0, LONGEST_ERROR) + "…";
    }
}
