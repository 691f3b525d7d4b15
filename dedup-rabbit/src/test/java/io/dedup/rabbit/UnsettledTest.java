package io.dedup.rabbit;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class UnsettledTest {

    private final Unsettled unsettled = new Unsettled();

    @Test
    void whatIsOlderThanEverythingUnsettledMayBeAcknowledgedTogether() {
        for (long tag = 1; tag <= 10; tag++) {
            unsettled.add(tag);
        }
        assertThat(unsettled.removeAll(List.of(1L, 2L, 3L, 5L, 6L))).isEqualTo(3);
        unsettled.remove(4);
        assertThat(unsettled.removeAll(List.of(7L))).isEqualTo(7);
        assertThat(unsettled.removeAll(List.of(10L, 9L, 8L))).isGreaterThanOrEqualTo(10);
    }
}
