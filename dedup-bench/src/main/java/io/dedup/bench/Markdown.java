package io.dedup.bench;

import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** Tables and figures as the page shows them. */
final class Markdown {

    private final StringBuilder text = new StringBuilder();

    Markdown title(int level, String title) {
        text.append("#".repeat(level)).append(' ').append(title).append("\n\n");
        return this;
    }

    Markdown paragraph(String paragraph) {
        text.append(paragraph.strip()).append("\n\n");
        return this;
    }

    /** The first column is text, the others are figures. */
    Markdown table(List<String> head, List<List<String>> rows) {
        row(head);
        text.append("|---").append("|---:".repeat(head.size() - 1)).append("|\n");
        rows.forEach(this::row);
        text.append('\n');
        return this;
    }

    private void row(List<String> cells) {
        cells.forEach(cell -> text.append("| ").append(cell).append(' '));
        text.append("|\n");
    }

    @Override
    public String toString() {
        return text.toString();
    }

    /** Median and range. */
    static String figure(Optional<Samples> samples) {
        return samples.map(some -> figure(some.median())
                        + (some.values().size() == 1 ? "" : " (" + figure(some.min()) + "–" + figure(some.max()) + ")"))
                .orElse("–");
    }

    /** Three significant digits or all before the point, whichever is more. */
    static String figure(double value) {
        double size = Math.abs(value);
        String format = size >= 100 ? "%,.0f" : size >= 10 ? "%.1f" : "%.2f";
        return String.format(Locale.ROOT, format, value);
    }
}
