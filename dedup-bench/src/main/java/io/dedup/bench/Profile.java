package io.dedup.bench;

import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What the time goes to: what PostgreSQL did for each message ({@code pg_stat_statements}), whose Java code the JVM ran
 * ({@link JavaSamples}), and how the claim was executed ({@link ClaimPlan}). Restarts the server, with its extensions loaded,
 * so it comes last.
 */
final class Profile {

    private static final Write WRITE = Write.INSERT_AND_UPDATE;
    // The measurement's own statements run once.
    private static final String STATEMENTS = """
            SELECT coalesce(string_agg(format(E'%%s\\t%%s\\t%%s\\t%%s', regexp_replace(query, '\\s+', ' ', 'g'),
                       calls::float8 / %1$d, total_exec_time * 1000 / %1$d, wal_bytes / %1$d), E'\\n'
                       ORDER BY total_exec_time DESC), '')
            FROM pg_stat_statements WHERE calls >= greatest(3, %1$d / 500) AND query !~ '^(SET|SHOW) ' AND dbid = (SELECT oid FROM pg_database WHERE datname = current_database())""";
    // In PostgreSQL 14 to 17.
    private static final String FLUSHES = """
            SELECT format(E'%%s\t%%s', wal_sync::float8 / %1$d, wal_sync_time * 1000 / %1$d) FROM pg_stat_wal""";
    private static final int SHOWN = 110;
    private static final int STATISTICS_MILLIS = 1_500; // until backends have reported theirs

    private final TestBed bed;
    private final Race race;

    Profile(TestBed bed, Race race) {
        this.bed = bed;
        this.race = race;
    }

    /**
     * What one statement cost by message.
     *
     * @param text of the statement, shortened
     * @param calls by message
     * @param micros of execution in the server, by message
     * @param walBytes written ahead, by message
     */
    record StatementCost(String text, double calls, double micros, double walBytes) {}

    /**
     * One contestant's profile.
     *
     * @param statements what PostgreSQL executed, the most expensive first
     * @param flushes of the write-ahead log; null where the server does not count them there
     * @param java samples of running Java code by whose code it was
     */
    record Shares(List<StatementCost> statements, @Nullable Flushes flushes, Map<String, Integer> java) {}

    /**
     * What commits cost by message.
     *
     * @param number of times the log was flushed to disk
     * @param micros that this took
     */
    record Flushes(double number, double micros) {}

    /**
     * What was found.
     *
     * @param byContestant by name
     * @param claim PostgreSQL's plan of the claim, with what it did
     */
    record Findings(Map<String, Shares> byContestant, String claim) {}

    Findings run() throws Exception {
        bed.tables.execute("ALTER SYSTEM SET shared_preload_libraries = 'pg_stat_statements', 'auto_explain'");
        bed.tables.execute("ALTER SYSTEM SET logging_collector = on");
        bed.tables.execute("ALTER SYSTEM SET track_wal_io_timing = on");
        bed.postgres.restart();
        bed.tables.execute("CREATE EXTENSION IF NOT EXISTS pg_stat_statements");
        Map<String, Shares> byContestant = new LinkedHashMap<>();
        for (Contestant contestant : List.of(
                Contestants.NO_PROTECTION,
                Contestants.ONE_BY_ONE,
                Contestants.LANES,
                Contestants.DEFERRED,
                Contestants.BATCH_HANDLER)) {
            byContestant.put(contestant.name(), sharesOf(contestant));
        }
        return new Findings(byContestant, ClaimPlan.of(bed.dataSource()));
    }

    private Shares sharesOf(Contestant contestant) throws Exception {
        race.warmUp(contestant, WRITE);
        bed.tables.execute("SELECT pg_stat_statements_reset(), pg_stat_reset_shared('wal')");
        int messages;
        Map<String, Integer> java;
        try (JavaSamples samples = JavaSamples.start()) {
            messages = race.runOnce(contestant, WRITE);
            java = samples.counts();
        }
        System.out.println("PROFILE " + contestant.name() + " " + java);
        Thread.sleep(STATISTICS_MILLIS);
        return new Shares(statements(messages), flushes(messages), java);
    }

    private @Nullable Flushes flushes(int messages) throws SQLException {
        int version = Integer.parseInt(bed.tables.text("SHOW server_version_num"));
        if (version < 140_000 || version >= 180_000) {
            return null;
        }
        String[] columns = bed.tables.text(FLUSHES.formatted(messages)).split("\t", -1);
        return new Flushes(Double.parseDouble(columns[0]), Double.parseDouble(columns[1]));
    }

    private List<StatementCost> statements(int messages) throws SQLException {
        List<StatementCost> costs = new ArrayList<>();
        bed.tables.text(STATEMENTS.formatted(messages)).lines().forEach(line -> {
            String[] columns = line.split("\t", -1);
            costs.add(new StatementCost(
                    shortened(columns[0]),
                    Double.parseDouble(columns[1]),
                    Double.parseDouble(columns[2]),
                    Double.parseDouble(columns[3])));
        });
        return costs;
    }

    private static String shortened(String statement) {
        String text = statement.replace("|", "\\|");
        return text.length() <= SHOWN ? text : text.substring(0, SHOWN) + "…";
    }

    /** The page's section. */
    static void write(Findings findings, Markdown page) {
        page.title(2, "What the time goes to").paragraph(Prose.PROFILE.formatted(WRITE.title));
        findings.byContestant().forEach((contestant, shares) -> {
            page.title(3, contestant);
            page.table(
                    List.of("statement", "calls/message", "µs/message in the server", "WAL bytes/message"),
                    shares.statements().stream().map(Profile::row).toList());
            Flushes flushes = shares.flushes();
            if (flushes != null) {
                page.paragraph("For each message the write-ahead log was flushed %s times, which took %s µs."
                        .formatted(Markdown.figure(flushes.number()), Markdown.figure(flushes.micros())));
            }
            page.paragraph("Java code of: " + inWords(shares.java()) + ".");
        });
        page.title(3, "The claim of one message").paragraph("```\n" + findings.claim() + "\n```");
    }

    private static List<String> row(StatementCost cost) {
        return List.of(
                "`" + cost.text() + "`",
                Markdown.figure(cost.calls()),
                Markdown.figure(cost.micros()),
                Markdown.figure(cost.walBytes()));
    }

    private static String inWords(Map<String, Integer> counts) {
        int all = counts.values().stream().mapToInt(Integer::intValue).sum();
        List<String> words = new ArrayList<>();
        counts.forEach(
                (whose, count) -> words.add(String.format(Locale.ROOT, "%s %.0f %%", whose, 100.0 * count / all)));
        return String.join(", ", words) + " (of " + all + " samples)";
    }
}
