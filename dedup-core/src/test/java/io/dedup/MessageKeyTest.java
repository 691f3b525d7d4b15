package io.dedup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Trap 13: what is no ID, or none that the table can hold exactly, never becomes a key. */
class MessageKeyTest {

    @ParameterizedTest
    @ValueSource(strings = {"", " ", "\t\n", "\u2003"})
    void blanksAreNoId(String id) {
        assertThatThrownBy(() -> new MessageKey("orders", id)).hasMessageContaining("message ID is blank");
        assertThatThrownBy(() -> new MessageKey(id, "1")).hasMessageContaining("consumer is blank");
    }

    @Test
    void nullIsNoId() {
        assertThatNullPointerException().isThrownBy(() -> new MessageKey("orders", null));
    }

    @Test
    void overLongIdsAreRejectedAndNeverCut() {
        assertThat(new MessageKey("orders", "x".repeat(255)).messageId()).hasSize(255);
        assertThatThrownBy(() -> new MessageKey("orders", "x".repeat(256))).hasMessageContaining("256 bytes");
        assertThatThrownBy(() -> new MessageKey("orders", "ü".repeat(128)))
                .as("counted in bytes, as the table does")
                .hasMessageContaining("256 bytes");
    }

    @ParameterizedTest
    @ValueSource(strings = {"a\0b", "a\uD800b", "a\uFFFDb"})
    void whatTheTableCannotHoldExactlyIsRejected(String id) {
        assertThatThrownBy(() -> new MessageKey("orders", id)).isInstanceOf(IllegalArgumentException.class);
    }
}
