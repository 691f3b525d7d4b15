package io.dedup.examples.soak;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.time.Instant;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Asks the database, past the proxy, what has become of the messages. */
final class Audit {

    private static final String DOUBLED = "SELECT message_id FROM effect GROUP BY 1 HAVING count(*) > 1";

    private static final String KEY_WITHOUT_EFFECT =
            "SELECT message_id FROM processed_message EXCEPT SELECT message_id FROM effect";

    private static final String EFFECT_WITHOUT_KEY =
            "SELECT message_id FROM effect EXCEPT SELECT message_id FROM processed_message";

    private static final String WRONG_BALANCE =
            "SELECT 'balance ' || sum(balance) FROM account HAVING sum(balance) <> (SELECT count(*) FROM effect)";

    private static final String FIRST_EFFECTS =
            "SELECT count(*), max(first) FROM (SELECT min(at) AS first FROM effect WHERE at > ? GROUP BY slot) AS slots";

    private final TestBed bed;

    Audit(TestBed bed) {
        this.bed = bed;
    }

    Set<String> doubled() throws SQLException {
        return names(DOUBLED);
    }

    Set<String> keysWithoutEffect() throws SQLException {
        return names(KEY_WITHOUT_EFFECT);
    }

    Set<String> effectsWithoutKey() throws SQLException {
        return names(EFFECT_WITHOUT_KEY);
    }

    Set<String> wrongBalance() throws SQLException {
        return names(WRONG_BALANCE);
    }

    Set<String> effects() throws SQLException {
        return names("SELECT DISTINCT message_id FROM effect");
    }

    int processed() throws SQLException {
        return Integer.parseInt(
                names("SELECT count(*)::text FROM effect").iterator().next());
    }

    /** When each consumer JVM had written something after the given time; null if one has not. */
    @Nullable Instant allSlotsWorkedAgain(Instant after) throws SQLException {
        try (Connection connection = bed.database.dataSource().getConnection();
                PreparedStatement select = connection.prepareStatement(FIRST_EFFECTS)) {
            select.setTimestamp(1, Timestamp.from(after));
            ResultSet row = select.executeQuery();
            row.next();
            return row.getInt(1) < Fleet.SLOTS ? null : row.getTimestamp(2).toInstant();
        }
    }

    private Set<String> names(String sql) throws SQLException {
        Set<String> names = new HashSet<>();
        try (Connection connection = bed.database.dataSource().getConnection();
                PreparedStatement select = connection.prepareStatement(sql)) {
            ResultSet rows = select.executeQuery();
            while (rows.next()) {
                names.add(rows.getString(1));
            }
        }
        return names;
    }
}
