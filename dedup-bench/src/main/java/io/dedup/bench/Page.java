package io.dedup.bench;

import io.dedup.bench.Results.Measure;
import io.dedup.bench.Settings.Part;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** What a run found: a page with its table and chart, and the same figures for machines. */
final class Page {

    private final Settings settings;
    private final Map<String, String> machine;
    private final Results results;
    private final List<Atomicity.Verdict> verdicts;
    private final Profile.@Nullable Findings profile;

    Page(
            Settings settings,
            Map<String, String> machine,
            Results results,
            List<Atomicity.Verdict> verdicts,
            Profile.@Nullable Findings profile) {
        this.settings = settings;
        this.machine = machine;
        this.results = results;
        this.verdicts = verdicts;
        this.profile = profile;
    }

    void write() throws IOException {
        Path folder = Files.createDirectories(settings.folder());
        Files.writeString(folder.resolve("README.md"), markdown());
        Files.writeString(folder.resolve("results.csv"), csv());
        if (results.has(Part.THROUGHPUT)) {
            Files.writeString(folder.resolve("throughput.svg"), Chart.svg(results));
        }
    }

    String markdown() {
        Markdown page = new Markdown();
        page.title(1, "Benchmark").paragraph(Prose.INTRODUCTION);
        page.paragraph("Measured on " + Instant.now().atZone(ZoneOffset.UTC).toLocalDate() + " by `"
                + settings.command() + "`, " + settings.rounds() + " round"
                + (settings.rounds() == 1 ? "" : "s") + ".");
        page.paragraph(machine.entrySet().stream()
                .map(line -> "- " + line.getKey() + ": " + line.getValue())
                .collect(Collectors.joining("\n")));
        page.title(2, "To reach").paragraph(Prose.TO_REACH);
        targets(page);
        for (String stall : results.stalls()) {
            page.paragraph("**" + stall + "**");
        }
        throughput(page);
        matrix(page, Part.DUPLICATES, "Duplicates", Prose.DUPLICATES, Measure.PER_SECOND);
        matrix(page, Part.CONCURRENCY, "Workers", Prose.CONCURRENCY, Measure.PER_SECOND);
        matrix(page, Part.SIZE, "Keys in the table", Prose.SIZE, Measure.PER_SECOND, Measure.WAL);
        latency(page);
        waiting(page);
        atomicity(page);
        if (profile != null) {
            Profile.write(profile, page);
        }
        page.title(2, "How it is measured").paragraph(Prose.METHOD);
        return page.toString().stripTrailing() + "\n";
    }

    String targets() {
        Markdown markdown = new Markdown();
        targets(markdown);
        return markdown.toString();
    }

    private void targets(Markdown page) {
        List<List<String>> rows = new ArrayList<>();
        for (Target target : new Targets(results, verdicts).all()) {
            rows.add(List.of(
                    target.what(),
                    target.measured().isEmpty()
                            ? "–"
                            : Markdown.figure(target.measured().getAsDouble()),
                    (target.atMost() ? "at most " : "at least ") + Markdown.figure(target.bound()),
                    Markdown.figure(target.aim()),
                    target.verdict()));
        }
        page.table(List.of("measure", "measured", "target", "aim", ""), rows);
    }

    private void throughput(Markdown page) {
        if (!results.has(Part.THROUGHPUT)) {
            return;
        }
        page.title(2, "Throughput").paragraph(Prose.THROUGHPUT);
        page.paragraph("![Messages a second by contestant](throughput.svg)");
        for (String setting : results.settings(Part.THROUGHPUT)) {
            page.title(3, "Handler: " + setting);
            page.table(
                    List.of(
                            "",
                            "messages/s",
                            "÷ no protection",
                            "JVM's CPU, µs/message",
                            "allocated, KB/message",
                            "WAL, bytes/message"),
                    results.contestants(Part.THROUGHPUT).stream()
                            .map(contestant -> throughputRow(setting, contestant))
                            .toList());
        }
    }

    private List<String> throughputRow(String setting, String contestant) {
        Optional<Samples> speed = results.of(Part.THROUGHPUT, setting, contestant, Measure.PER_SECOND);
        Optional<Samples> plain =
                results.of(Part.THROUGHPUT, setting, Contestants.NO_PROTECTION.name(), Measure.PER_SECOND);
        String ratio = speed.isPresent() && plain.isPresent()
                ? Markdown.figure(speed.get().median() / plain.get().median())
                : "–";
        return List.of(
                contestant,
                Markdown.figure(speed),
                ratio,
                Markdown.figure(results.of(Part.THROUGHPUT, setting, contestant, Measure.CPU)),
                Markdown.figure(results.of(Part.THROUGHPUT, setting, contestant, Measure.ALLOCATED)),
                Markdown.figure(results.of(Part.THROUGHPUT, setting, contestant, Measure.WAL)
                        .map(Samples::medianOnly)));
    }

    private void matrix(Markdown page, Part part, String title, String prose, Measure... measures) {
        if (!results.has(part)) {
            return;
        }
        page.title(2, title).paragraph(prose);
        for (Measure measure : measures) {
            matrix(page, part, measure);
        }
    }

    private void matrix(Markdown page, Part part, Measure measure) {
        List<String> head = new ArrayList<>(List.of(measure.title));
        head.addAll(results.settings(part));
        List<List<String>> rows = new ArrayList<>();
        for (String contestant : results.contestants(part)) {
            List<String> row = new ArrayList<>(List.of(contestant));
            results.settings(part)
                    .forEach(setting -> row.add(Markdown.figure(results.of(part, setting, contestant, measure))));
            rows.add(row);
        }
        page.table(head, rows);
    }

    private void latency(Markdown page) {
        if (!results.has(Part.LATENCY)) {
            return;
        }
        List<List<String>> rows = new ArrayList<>();
        for (String contestant : results.contestants(Part.LATENCY)) {
            rows.add(List.of(
                    contestant,
                    Markdown.figure(results.of(Part.LATENCY, Write.INSERT.title, contestant, Measure.P50)),
                    Markdown.figure(results.of(Part.LATENCY, Write.INSERT.title, contestant, Measure.P99))));
        }
        page.title(2, "Latency").paragraph(Prose.LATENCY);
        page.table(List.of("at " + Latency.PER_SECOND + " messages/s", "p50, ms", "p99, ms"), rows);
    }

    private void waiting(Markdown page) {
        if (!results.has(Part.WAITING)) {
            return;
        }
        OptionalDouble alone =
                results.median(Part.WAITING, Waiting.SETTING, Waiting.First.GOOD.title, Measure.PER_SECOND);
        List<List<String>> rows = new ArrayList<>();
        for (String first : results.contestants(Part.WAITING)) {
            OptionalDouble median = results.median(Part.WAITING, Waiting.SETTING, first, Measure.PER_SECOND);
            rows.add(List.of(
                    first,
                    Markdown.figure(results.of(Part.WAITING, Waiting.SETTING, first, Measure.PER_SECOND)),
                    Markdown.figure(median.orElse(Double.NaN) / alone.orElse(Double.NaN))));
        }
        page.title(2, "Behind one that waits").paragraph(Prose.WAITING);
        page.table(List.of("1,000 good messages", "messages/s", "÷ alone"), rows);
    }

    private void atomicity(Markdown page) {
        if (verdicts.isEmpty()) {
            return;
        }
        page.title(2, "Atomic or not").paragraph(Prose.ATOMICITY);
        page.table(
                List.of("", "keys seen while the handler works", "keys left by its failure", "effects", "atomic"),
                verdicts.stream()
                        .map(verdict -> List.of(
                                verdict.contestant(),
                                String.valueOf(verdict.whileWorking()),
                                String.valueOf(verdict.afterFailure()),
                                String.valueOf(verdict.effects()),
                                verdict.atomic() ? "yes" : "**no**"))
                        .toList());
    }

    String csv() {
        StringBuilder csv = new StringBuilder("part,setting,contestant,measure,median,min,max,rounds\n");
        results.all()
                .forEach((key, samples) -> csv.append(String.join(
                                ",",
                                key.part().name(),
                                quoted(key.setting()),
                                quoted(key.contestant()),
                                quoted(key.measure().title),
                                String.valueOf(samples.median()),
                                String.valueOf(samples.min()),
                                String.valueOf(samples.max()),
                                String.valueOf(samples.values().size())))
                        .append('\n'));
        return csv.toString();
    }

    private static String quoted(String text) {
        return '"' + text.replace("\"", "\"\"") + '"';
    }
}
