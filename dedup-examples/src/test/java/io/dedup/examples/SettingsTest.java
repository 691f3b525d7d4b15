package io.dedup.examples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SettingsTest {

    @AfterEach
    void clear() {
        System.clearProperty(Settings.ORDERS);
    }

    @Test
    void two_thousand_orders_are_the_default() {
        assertThat(Settings.fromSystem()).isEqualTo(new Settings(2000));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "many", "2e3", "99", "-5", "100001", "99999999999"})
    void other_than_a_sensible_number_is_refused(String value) {
        System.setProperty(Settings.ORDERS, value);
        assertThatThrownBy(Settings::fromSystem)
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("-Ddedup.orders=" + value + " is not a whole number from 100 to 100000");
    }

    @Test
    void exactly_a_fifth_of_the_orders_comes_twice() {
        List<Order> stream = OrderStream.of(new Settings(1009));
        Set<String> ids = new HashSet<>();
        long repeats = stream.stream().filter(order -> !ids.add(order.id())).count();
        assertThat(stream).hasSize(1210);
        assertThat(repeats).isEqualTo(201);
    }
}
