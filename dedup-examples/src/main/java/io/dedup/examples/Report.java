package io.dedup.examples;

import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * What the run has shown.
 *
 * @param settings what was asked
 * @param published messages that the broker held in a queue before anyone consumed
 * @param gaveUp why it did not wait for the end; null if both sides came to one
 * @param dedup the side with the library
 * @param keys messages that the library holds for processed
 * @param dead messages that the library has put aside
 * @param plain the side without it
 */
record Report(
        Settings settings,
        long published,
        @Nullable String gaveUp,
        Readout dedup,
        long keys,
        long dead,
        Readout plain) {

    /** The result line comes last, whatever it says. */
    void print(PrintStream out) {
        printTable(out);
        for (String failure : failures()) {
            out.println("FAILED: " + failure);
        }
        out.println(resultLine());
    }

    List<String> failures() {
        List<String> failures = new ArrayList<>();
        expect(
                gaveUp == null,
                failures,
                "not finished: %s; without the library %,d orders are missing, and %,d messages are left",
                gaveUp,
                plain.lost(settings),
                plain.left());
        long messages = settings.messages();
        expect(published == messages, failures, "the broker counted %,d of %,d messages", published, messages);
        expect(lost() == 0, failures, "%,d orders are lost", lost());
        expect(doubled() == 0, failures, "%,d orders were charged more than once", doubled());
        expect(
                dedup.books().overcharged().signum() == 0,
                failures,
                "accounts are off by %,.2f",
                dedup.books().overcharged());
        expect(
                keys == dedup.books().orders(),
                failures,
                "%,d keys for %,d orders",
                keys,
                dedup.books().orders());
        expect(dedup.left() == 0, failures, "%,d messages are left in the queue", dedup.left());
        expect(dead == 0, failures, "%,d messages are in the dead-letter queue", dead);
        expect(dedup.redelivered() > 0, failures, "the broker redelivered nothing, so nothing was put to the test");
        return failures;
    }

    String resultLine() {
        return String.format(
                Locale.ROOT,
                "RESULT published=%d orders=%d delivered=%d processed=%d duplicates=%d lost=%d doubled=%d"
                        + " unprotected_doubled=%d",
                published,
                settings.orders(),
                dedup.delivered(),
                keys,
                dedup.duplicates(),
                lost(),
                doubled(),
                plain.books().doubled());
    }

    private long lost() {
        return dedup.lost(settings);
    }

    private long doubled() {
        return dedup.books().doubled();
    }

    private static void expect(boolean holds, List<String> failures, String otherwise, @Nullable Object... values) {
        if (!holds) {
            failures.add(String.format(Locale.ROOT, otherwise, values));
        }
    }

    private void printTable(PrintStream out) {
        out.println();
        out.printf("  %-34s %14s %14s%n", "", "with library", "without");
        row(out, "deliveries", dedup.delivered(), plain.delivered());
        row(out, "  of them redelivered", dedup.redelivered(), plain.redelivered());
        row(
                out,
                "bookings in the database",
                dedup.books().bookings(),
                plain.books().bookings());
        row(out, "duplicates skipped", dedup.duplicates(), plain.duplicates());
        row(out, "orders lost", lost(), plain.lost(settings));
        row(out, "orders charged more than once", doubled(), plain.books().doubled());
        out.printf(
                Locale.ROOT,
                "  %-34s %,14.2f %,14.2f%n",
                "charged too much",
                dedup.books().overcharged(),
                plain.books().overcharged());
        row(out, "messages left in the queue", dedup.left(), plain.left());
        row(out, "connections cut", dedup.cuts(), plain.cuts());
        out.println();
    }

    private static void row(PrintStream out, String label, long dedup, long plain) {
        out.printf(Locale.ROOT, "  %-34s %,14d %,14d%n", label, dedup, plain);
    }
}
