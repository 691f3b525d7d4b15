package io.dedup.bench;

import static org.assertj.core.api.Assertions.assertThat;

import io.dedup.bench.Results.Measure;
import io.dedup.bench.Settings.Part;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PageTest {

    private static final String INSERT = Write.INSERT.title;

    @TempDir
    Path folder;

    private final Results results = new Results();

    @Test
    void ratios_are_of_medians_and_say_whether_the_target_is_met() {
        speed(Contestants.NO_PROTECTION, 1_000, 900, 5_000);
        speed(Contestants.ONE_BY_ONE, 790, 100, 800);
        speed(Contestants.GROUPS, 3_500, 3_500, 3_500);

        assertThat(target("one by one ÷ no protection, insert").verdict()).isEqualTo("**short**");
        assertThat(target("one by one ÷ no protection, insert").measured()).hasValue(0.79);
        assertThat(target("groups of 100 ÷ no protection, insert").verdict()).isEqualTo("met");
        assertThat(target("10 million keys ÷ empty table, one by one").verdict())
                .isEqualTo("not measured");
    }

    @Test
    void what_shall_be_low_is_met_when_it_is_low() {
        assertThat(Target.atMost("x", java.util.OptionalDouble.of(1.05), 1.1, 1.0)
                        .verdict())
                .isEqualTo("met");
        assertThat(Target.atMost("x", java.util.OptionalDouble.of(0.9), 1.1, 1.0)
                        .verdict())
                .isEqualTo("met, and the aim");
        assertThat(Target.atMost("x", java.util.OptionalDouble.of(1.2), 1.1, 1.0)
                        .verdict())
                .isEqualTo("**short**");
    }

    @Test
    void the_best_rival_is_the_best_of_those_that_are_atomic() {
        List<Contestant> rivals = Contestants.rivals();
        speed(Contestants.ONE_BY_ONE, 1_000);
        speed(rivals.get(0), 2_000);
        speed(rivals.get(1), 500);
        List<Atomicity.Verdict> verdicts = List.of(
                new Atomicity.Verdict(rivals.get(0).name(), true, 1, 0, 1), // others saw its key too early
                new Atomicity.Verdict(rivals.get(1).name(), true, 0, 0, 1));

        assertThat(target("one by one ÷ best rival that is atomic, insert", verdicts)
                        .measured())
                .hasValue(2);
    }

    @Test
    void a_key_without_its_effect_a_stall_or_a_doubled_effect_is_not_atomic() {
        assertThat(new Atomicity.Verdict("x", true, 0, 0, 1).atomic()).isTrue();
        assertThat(new Atomicity.Verdict("x", true, 1, 0, 1).atomic()).isFalse();
        assertThat(new Atomicity.Verdict("x", true, 0, 1, 1).atomic()).isFalse();
        assertThat(new Atomicity.Verdict("x", true, 0, 0, 2).atomic()).isFalse();
        assertThat(new Atomicity.Verdict("x", false, 0, 0, 1).atomic()).isFalse();
    }

    @Test
    void page_table_and_chart_are_written() throws Exception {
        speed(Contestants.NO_PROTECTION, 1_000, 900, 5_000);
        speed(Contestants.ONE_BY_ONE, 790, 100, 800);
        results.stalled(Part.THROUGHPUT, INSERT, "somebody");
        page(List.of()).write();

        assertThat(Files.readString(folder.resolve("README.md")))
                .contains("| dedup, one by one | 790 (100–800) | 0.79 |")
                .contains("somebody (insert only) did not finish in time")
                .contains("- machine: two tin cans")
                .doesNotContain("## Latency");
        assertThat(Files.readString(folder.resolve("results.csv")))
                .contains("THROUGHPUT,\"insert only\",\"dedup, one by one\",\"messages/s\",790.0,100.0,800.0,3");
        assertThat(Files.readString(folder.resolve("throughput.svg")))
                .startsWith("<svg")
                .contains("dedup, one by one")
                .contains("1,000");
    }

    private void speed(Contestant contestant, double... values) {
        for (double value : values) {
            results.add(Part.THROUGHPUT, INSERT, contestant.name(), Measure.PER_SECOND, value);
        }
    }

    private Target target(String what) {
        return target(what, List.of());
    }

    private Target target(String what, List<Atomicity.Verdict> verdicts) {
        return new Targets(results, verdicts)
                .all().stream()
                        .filter(target -> target.what().equals(what))
                        .findFirst()
                        .orElseThrow();
    }

    private Page page(List<Atomicity.Verdict> verdicts) {
        Settings settings = new Settings(
                true, Set.of(Part.THROUGHPUT), Pattern.compile(""), 3, Duration.ofSeconds(1), List.of(), folder);
        return new Page(settings, Map.of("machine", "two tin cans"), results, verdicts, null);
    }
}
