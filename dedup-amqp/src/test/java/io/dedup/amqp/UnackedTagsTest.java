package io.dedup.amqp;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class UnackedTagsTest {

    private final UnackedTags unacked = new UnackedTags();

    @Test
    void whatIsOlderThanEverythingUnackedMayBeAcknowledgedTogether() {
        for (long tag = 1; tag <= 10; tag++) {
            unacked.add(tag);
        }
        assertThat(unacked.removeAll(List.of(1L, 2L, 3L, 5L, 6L))).isEqualTo(3);
        unacked.remove(4);
        assertThat(unacked.removeAll(List.of(7L))).isEqualTo(7);
        assertThat(unacked.removeAll(List.of(10L, 9L, 8L))).isGreaterThanOrEqualTo(10);
    }
}
