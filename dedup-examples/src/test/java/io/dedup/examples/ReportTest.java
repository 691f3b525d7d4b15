package io.dedup.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigDecimal;
import org.junit.jupiter.api.Test;

class ReportTest {

    private static final Settings SETTINGS = new Settings(100);
    private static final BigDecimal SUM = new BigDecimal("1234.50");
    private static final Books GOOD = new Books(100, 100, 0, SUM, SUM);
    private static final Readout PLAIN = new Readout(200, 50, 0, 3, new Books(200, 100, 60, SUM.add(SUM), SUM), 0);

    @Test
    void all_is_well_when_each_order_was_booked_once() {
        Report report = report(readout(GOOD, 5, 0), 100);
        assertThat(report.failures()).isEmpty();
        assertThat(report.resultLine())
                .isEqualTo("RESULT published=120 orders=100 delivered=130 processed=100 duplicates=30 lost=0 doubled=0"
                        + " unprotected_doubled=60");
    }

    @Test
    void a_lost_order_is_a_failure() {
        assertThat(report(readout(new Books(99, 99, 0, SUM, SUM), 5, 0), 99).failures())
                .containsExactly("1 orders are lost");
    }

    @Test
    void an_order_that_was_charged_twice_is_a_failure() {
        Books doubled = new Books(101, 100, 1, SUM.add(BigDecimal.ONE), SUM);
        assertThat(report(readout(doubled, 5, 0), 100).failures())
                .containsExactly("1 orders were charged more than once", "accounts are off by 1.00");
    }

    @Test
    void a_message_that_is_left_is_a_failure() {
        assertThat(report(readout(GOOD, 5, 7), 100).failures()).containsExactly("7 messages are left in the queue");
    }

    @Test
    void a_run_without_redeliveries_proves_nothing() {
        assertThat(report(readout(GOOD, 0, 0), 100).failures())
                .containsExactly("the broker redelivered nothing, so nothing was put to the test");
    }

    @Test
    void a_key_without_effects_or_the_other_way_round_is_a_failure() {
        assertThat(report(readout(GOOD, 5, 0), 98).failures()).containsExactly("98 keys for 100 orders");
    }

    @Test
    void running_out_of_time_is_a_failure() {
        Report report = new Report(SETTINGS, 120, "63 seconds are over", readout(GOOD, 5, 0), 100, 0, PLAIN);
        assertThat(report.failures()).singleElement().asString().startsWith("not finished: 63 seconds are over");
    }

    private static Readout readout(Books books, long redelivered, long left) {
        return new Readout(130, redelivered, 30, 3, books, left);
    }

    private static Report report(Readout dedup, long keys) {
        return new Report(SETTINGS, 120, null, dedup, keys, 0, PLAIN);
    }
}
