package io.dedup.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class SamplesTest {

    @Test
    void the_median_is_the_middle_one_or_between_the_middle_two() {
        assertThat(new Samples(List.of(9.0, 1.0, 5.0)).median()).isEqualTo(5);
        assertThat(new Samples(List.of(9.0, 1.0, 5.0, 4.0)).median()).isEqualTo(4.5);
        assertThat(new Samples(List.of(7.0)).median()).isEqualTo(7);
    }

    @Test
    void a_percentile_is_a_value_that_was_measured() {
        Samples hundred = new Samples(
                IntStream.rangeClosed(1, 100).mapToObj(i -> (double) (101 - i)).toList());
        assertThat(hundred.percentile(0.5)).isEqualTo(50);
        assertThat(hundred.percentile(0.99)).isEqualTo(99);
        assertThat(hundred.percentile(1)).isEqualTo(100);
        assertThat(new Samples(List.of(3.0)).percentile(0.99)).isEqualTo(3);
    }

    @Test
    void without_a_round_there_is_no_figure() {
        assertThatThrownBy(() -> new Samples(List.of())).isInstanceOf(IllegalArgumentException.class);
        assertThat(Markdown.figure(Optional.empty())).isEqualTo("–");
    }

    @Test
    void a_figure_shows_its_range_in_any_language_of_the_machine() {
        assertThat(Markdown.figure(Optional.of(new Samples(List.of(1234.4, 999.6, 20_000.0)))))
                .isEqualTo("1,234 (1,000–20,000)");
        assertThat(Markdown.figure(Optional.of(new Samples(List.of(0.876))))).isEqualTo("0.88");
    }
}
