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
            FROM (SELECT md5('before ' || n)::uuid::text COLLATE "C" AS id FROM generate_series(1, %d) AS n) AS made
            ORDER BY id""";

    private final TestBed bed;

    FilledTables(TestBed bed) {
        this.bed = bed;
    }

    static String title(int millions) {
        return millions == 0 ? "empty" : millions + " million keys";
    }

    /** Creates it with this library's own migrations and returns its name. */
    String create(int millions) throws SQLException {
        String table = "keys_" + millions + "_million";
        long start = System.nanoTime();
        Deduplicator.builder(bed.dataSource()).table(table).build().migrate();
        bed.tables.execute(FILL.formatted(table, TestBed.QUEUE, millions * 1_000_000L));
        bed.tables.execute("VACUUM ANALYZE " + table);
        bed.tables.execute("CHECKPOINT");
        System.out.printf(
                Locale.ROOT,
                "%,d million keys in %d s%n",
                millions,
                Duration.ofNanos(System.nanoTime() - start).toSeconds());
        return table;
    }
}
