package io.dedup.bench;

import io.dedup.Deduplicator;
import io.dedup.MessageKey;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.UUID;
import javax.sql.DataSource;

/**
 * How PostgreSQL executes the claim, with its times, buffers and WAL, as {@code EXPLAIN (ANALYZE, BUFFERS, WAL)} shows it: of
 * the very statement that the library sends, by {@code auto_explain}, from the server's log.
 */
final class ClaimPlan {

    private static final int WARM_UPS = 20;
    private static final int TRIES = 20;
    private static final int PAUSE_MILLIS = 250;

    private ClaimPlan() {}

    static String of(DataSource dataSource) throws SQLException, InterruptedException {
        Deduplicator dedup = Deduplicator.create(dataSource);
        try (Connection connection = dataSource.getConnection();
                Statement statement = connection.createStatement()) {
            connection.setAutoCommit(false);
            for (int i = 0; i < WARM_UPS; i++) {
                claim(dedup, connection);
            }
            String mark = "plan wanted " + UUID.randomUUID();
            statement.execute("SET auto_explain.log_min_duration = 0");
            statement.execute("SET auto_explain.log_analyze = on");
            statement.execute("SET auto_explain.log_buffers = on");
            statement.execute("SET auto_explain.log_wal = on");
            statement.execute("DO $$ BEGIN RAISE LOG '" + mark + "'; END $$");
            claim(dedup, connection);
            statement.execute("SET auto_explain.log_min_duration = -1");
            return planAfter(mark, statement);
        }
    }

    private static void claim(Deduplicator dedup, Connection connection) throws SQLException {
        dedup.claim(connection, new MessageKey(TestBed.QUEUE, UUID.randomUUID().toString()));
        connection.commit();
    }

    /** The log is written by another process, which may take its time. */
    private static String planAfter(String mark, Statement statement) throws SQLException, InterruptedException {
        for (int i = 0; i < TRIES; i++) {
            try (ResultSet row = statement.executeQuery("SELECT pg_read_file(pg_current_logfile())")) {
                row.next();
                String log = row.getString(1);
                int plan = log.indexOf("plan:\n", Math.max(0, log.indexOf(mark)));
                if (log.contains(mark) && plan >= 0) {
                    return tidy(log.substring(plan));
                }
            }
            Thread.sleep(PAUSE_MILLIS);
        }
        return "the server's log does not show it";
    }

    /** The entry's own lines are indented; the next entry is not. */
    private static String tidy(String log) {
        StringBuilder plan = new StringBuilder();
        log.lines()
                .skip(1)
                .takeWhile(line -> line.startsWith("\t"))
                .forEach(line -> plan.append(line.substring(1)).append('\n'));
        return plan.toString().stripTrailing();
    }
}
