package io.dedup.examples;

import java.io.Console;
import java.io.PrintStream;
import java.time.Duration;
import java.util.Locale;

/** How far both sides are: one line that changes on a terminal, and a line per quarter elsewhere. */
final class Progress {

    private static final int WIDTH = 16; // the line must fit into 80 columns, or \r does not return to its start

    private static final Duration STALLED = Duration.ofSeconds(30);

    private final PrintStream out;
    private final int orders;
    private final Side dedup;
    private final Side plain;
    private final boolean terminal = isTerminal();
    private int quarter = -1;
    private long seen;
    private long lastChange = System.nanoTime();

    Progress(PrintStream out, int orders, Side dedup, Side plain) {
        this.out = out;
        this.orders = orders;
        this.dedup = dedup;
        this.plain = plain;
    }

    void show() {
        long now = dedup.cuts().seen() + (long) plain.cuts().seen();
        if (now != seen) {
            seen = now;
            lastChange = System.nanoTime();
        }
        if (terminal) {
            out.print("\r" + line());
            out.flush();
        } else if (percent() / 25 > quarter) {
            quarter = percent() / 25;
            out.println(line());
        }
    }

    /** Whether neither side has had a new order for long. */
    boolean isStalled() {
        return System.nanoTime() - lastChange > STALLED.toNanos();
    }

    void end() {
        if (terminal) {
            out.println();
        }
    }

    private String line() {
        int filled = percent() * WIDTH / 100;
        String bar = "#".repeat(filled) + ".".repeat(WIDTH - filled);
        return String.format(
                Locale.ROOT,
                "[%s] %3d %%  with library %,d  without %,d  cuts %d+%d",
                bar,
                percent(),
                dedup.cuts().seen(),
                plain.cuts().seen(),
                dedup.cuts().made(),
                plain.cuts().made());
    }

    /** Of both. */
    private int percent() {
        return (int) (seen * 100 / (2L * orders));
    }

    @SuppressWarnings("SystemConsoleNull") // null up to JDK 21; from 22 on there may be a console without a terminal
    private static boolean isTerminal() {
        Console console = System.console();
        if (console == null) {
            return false;
        }
        try {
            return (boolean) Console.class.getMethod("isTerminal").invoke(console);
        } catch (ReflectiveOperationException e) {
            return true;
        }
    }
}
