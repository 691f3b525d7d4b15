package io.dedup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class LaneKeyTest {

    private static final MessageView DELIVERY = new TestMessage(
            Map.of("routing-key", "customer.7"),
            Map.of("account", "a", "number", 42, "list", List.of()),
            "{\"customer\": {\"id\": 7}}".getBytes(StandardCharsets.UTF_8));

    @Test
    void theEntityIsNamedByAHeaderAPlaceInTheBodyOrTheRoutingKey() {
        assertThat(LaneKey.header("account").of(DELIVERY)).isEqualTo("a");
        assertThat(LaneKey.header("number").of(DELIVERY)).isEqualTo("42");
        assertThat(LaneKey.jsonPointer("/customer/id").of(DELIVERY)).isEqualTo("7");
        assertThat(LaneKey.routingKey().of(DELIVERY)).isEqualTo("customer.7");
        assertThat(LaneKey.header("none").of(DELIVERY)).isNull();
        assertThat(LaneKey.jsonPointer("/none").of(DELIVERY)).isNull();
    }

    @Test
    void whatCannotNameAnEntityIsRefused() {
        assertThatThrownBy(() -> LaneKey.header("list").of(DELIVERY)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> LaneKey.jsonPointer("/customer").of(DELIVERY))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> LaneKey.jsonPointer("customer")).isInstanceOf(IllegalArgumentException.class);
    }
}
