package io.dedup.bench;

import io.dedup.Deduplicator;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Locale;

/** Tables of keys that are full before the first message comes. */
final class FilledTables {

    // In the order of both indexes, which is many times faster.
    private static final String FILL = """
            INSERT INTO %s (consumer, message_id, processed_at)
            SELECT '%s', id, clock_timestamp() - interval '1 day'
            FROM (SELECT md5('%s ' || n)::uuid::text COLLATE "C" AS id FROM generate_series(1, %d) AS n) AS made
            ORDER BY id""";

    private final TestBed bed;

    FilledTables(TestBed bed) {
        this.bed = bed;
    }

    static String title(int millions) {
        return millions == 0 ? "empty" : millions + " million keys";
    }

    static String afterCheckpoint(int millions) {
        return title(millions) + ", just after a checkpoint";
    }

    static String name(int millions) {
        return "keys_" + millions + "_million";
    }

    /** Creates it with this library's own migrations. */
    void create(int millions) throws SQLException {
        long start = System.nanoTime();
        Deduplicator.builder(bed.dataSource())
                .table(name(millions))
                .build()
                .admin()
                .migrate();
        insert(millions, "before", millions * 1_000_000L);
        bed.tables.execute("VACUUM ANALYZE " + name(millions));
        System.out.printf(
                Locale.ROOT,
                "%,d million keys in %d s%n",
                millions,
                Duration.ofNanos(System.nanoTime() - start).toSeconds());
    }

    /**
     * Keys all over the indexes, some four for each page: as after some minutes of work since the last checkpoint. The first
     * change of a page after a checkpoint writes the whole of it to the log.
     */
    void touch(int millions) throws SQLException {
        insert(millions, "since the checkpoint", millions * 40_000L);
    }

    private void insert(int millions, String prefix, long keys) throws SQLException {
        bed.tables.execute(FILL.formatted(name(millions), TestBed.QUEUE, prefix, keys));
    }

    /** On a server of our own: no checkpoint comes but those that are asked for. */
    void checkpointsOnDemand() throws SQLException {
        if (bed.postgres.canRestart()) {
            bed.tables.execute("ALTER SYSTEM SET checkpoint_timeout = '1h'");
            bed.tables.execute("ALTER SYSTEM SET max_wal_size = '16GB'");
            bed.tables.execute("SELECT pg_reload_conf()");
        }
    }

    void checkpoint() throws SQLException {
        bed.tables.execute("CHECKPOINT");
    }

    void usualCheckpoints() throws SQLException {
        if (bed.postgres.canRestart()) {
            bed.tables.execute("ALTER SYSTEM RESET checkpoint_timeout");
            bed.tables.execute("ALTER SYSTEM RESET max_wal_size");
            bed.tables.execute("SELECT pg_reload_conf()");
        }
    }
}
