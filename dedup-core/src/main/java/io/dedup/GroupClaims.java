package io.dedup;

import io.dedup.spi.KeyedWork;
import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Claims of many messages in one statement. The keys go in sorted: two that insert the same keys in different order would
 * deadlock.
 */
final class GroupClaims {

    /** How long a group waits for a lock, and its handlers' statements too: it has a better way on, one by one. */
    private static final Duration LONGEST_WAIT = Duration.ofMillis(200);

    // The aggregates read all of the insert before the outer row, and so the reset, is evaluated.
    private static final String CLAIM = """
            WITH bound AS MATERIALIZED (
                SELECT current_setting('lock_timeout') AS before, set_config('lock_timeout', ?, true)
            ), claim AS (
                INSERT INTO %s (consumer, message_id, fingerprint)
                SELECT key.consumer, key.message_id, key.fingerprint
                FROM unnest(?::text[], ?::text[], ?::bytea[]) WITH ORDINALITY
                    AS key (consumer, message_id, fingerprint, place), bound
                ORDER BY key.place
                ON CONFLICT (consumer, message_id) DO NOTHING
                RETURNING consumer, message_id
            )
            SELECT consumers, message_ids,
                set_config('lock_timeout', CASE WHEN before = '0' THEN ? ELSE before END, true),
                (txid_current_if_assigned() & 4294967295)::text
            FROM (SELECT array_agg(consumer) AS consumers, array_agg(message_id) AS message_ids FROM claim) AS fresh, bound""";

    /** Of one transaction's claims only: the same key may be another's by now. */
    private static final String RELEASE = """
            DELETE FROM %s
            WHERE (consumer, message_id) IN (SELECT * FROM unnest(?::text[], ?::text[])) AND xmin::text = ?""";

    private static final String FINGERPRINTS = """
            SELECT consumer, message_id, fingerprint FROM %s
            WHERE (consumer, message_id) IN (SELECT * FROM unnest(?::text[], ?::text[]))""";

    private static final String NO_BOUND = "0";

    private static final Comparator<MessageKey> ORDER =
            Comparator.comparing(MessageKey::consumer).thenComparing(MessageKey::messageId);

    private final String claim;
    private final String release;
    private final String fingerprints;
    private final Duration maxWait;

    /** What each task's claim found, in the tasks' order, and in which transaction. */
    record Found(List<Claim> claims, @Nullable String transaction) {}

    private record Inserted(Set<MessageKey> fresh, @Nullable String transaction) {}

    GroupClaims(TableName table, Duration maxWait) {
        this.claim = CLAIM.formatted(table.sql());
        this.release = RELEASE.formatted(table.sql());
        this.fingerprints = FINGERPRINTS.formatted(table.sql());
        this.maxWait = maxWait;
    }

    /** The fresh ones among the keys; leaves no bound on the statements that follow. */
    Set<MessageKey> claim(Connection tx, Collection<MessageKey> keys) throws SQLException {
        SortedMap<MessageKey, @Nullable Fingerprint> sorted = new TreeMap<>(ORDER);
        keys.forEach(key -> sorted.put(key, null));
        return insert(tx, sorted, maxWait, NO_BOUND).fresh();
    }

    Found claim(Connection tx, List<KeyedWork> tasks) throws SQLException {
        SortedMap<MessageKey, @Nullable Fingerprint> sorted = new TreeMap<>(ORDER);
        tasks.forEach(task -> sorted.putIfAbsent(task.key(), task.body()));
        Duration wait = maxWait.compareTo(LONGEST_WAIT) < 0 ? maxWait : LONGEST_WAIT;
        Inserted inserted = insert(tx, sorted, wait, millis(LONGEST_WAIT));
        Set<MessageKey> fresh = inserted.fresh();
        Map<MessageKey, byte[]> stored = storedFingerprints(tx, tasks, fresh);
        Set<MessageKey> seen = new HashSet<>();
        List<Claim> claims = new ArrayList<>(tasks.size());
        for (KeyedWork task : tasks) {
            boolean first = seen.add(task.key());
            if (fresh.contains(task.key())) {
                claims.add(first ? Claim.FRESH : repeat(task.body(), sorted.get(task.key())));
            } else {
                claims.add(Claim.ofKnown(task.body(), stored.get(task.key()))); // null too if purged just now
            }
        }
        return new Found(claims, inserted.transaction());
    }

    /** Takes back claims of a transaction that was committed before its time. */
    void release(Connection tx, Collection<MessageKey> keys, String transaction) throws SQLException {
        try (PreparedStatement delete = tx.prepareStatement(release)) {
            setKeys(delete, 1, keys);
            delete.setString(3, transaction);
            delete.executeUpdate();
        }
    }

    private static Claim repeat(@Nullable Fingerprint body, @Nullable Fingerprint first) {
        return body != null && first != null && !body.equals(first) ? Claim.DIFFERENT_BODY : Claim.REPEAT;
    }

    private Inserted insert(
            Connection tx, SortedMap<MessageKey, @Nullable Fingerprint> sorted, Duration wait, String boundAfter)
            throws SQLException {
        try (PreparedStatement insert = tx.prepareStatement(claim)) {
            insert.setString(1, millis(wait));
            setKeys(insert, 2, sorted.keySet());
            insert.setArray(4, tx.createArrayOf("bytea", bytesOf(sorted.values())));
            insert.setString(5, boundAfter);
            ResultSet row = insert.executeQuery();
            row.next();
            return new Inserted(keysIn(row), row.getString(4));
        }
    }

    private static byte @Nullable [][] bytesOf(Collection<@Nullable Fingerprint> bodies) {
        return bodies.stream().map(body -> body == null ? null : body.bytes()).toArray(byte[][]::new);
    }

    private Map<MessageKey, byte[]> storedFingerprints(Connection tx, List<KeyedWork> tasks, Set<MessageKey> fresh)
            throws SQLException {
        Set<MessageKey> asked = new HashSet<>();
        for (KeyedWork task : tasks) {
            if (task.body() != null && !fresh.contains(task.key())) {
                asked.add(task.key());
            }
        }
        Map<MessageKey, byte[]> stored = new HashMap<>();
        if (asked.isEmpty()) {
            return stored;
        }
        try (PreparedStatement select = tx.prepareStatement(fingerprints)) {
            setKeys(select, 1, asked);
            for (ResultSet row = select.executeQuery(); row.next(); ) {
                stored.put(new MessageKey(row.getString(1), row.getString(2)), row.getBytes(3));
            }
        }
        return stored;
    }

    private static void setKeys(PreparedStatement statement, int from, Collection<MessageKey> keys)
            throws SQLException {
        Connection tx = statement.getConnection();
        statement.setArray(
                from,
                tx.createArrayOf("text", keys.stream().map(MessageKey::consumer).toArray()));
        statement.setArray(
                from + 1,
                tx.createArrayOf(
                        "text", keys.stream().map(MessageKey::messageId).toArray()));
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

    private static String millis(Duration duration) {
        return duration.toMillis() + "ms";
    }
}
