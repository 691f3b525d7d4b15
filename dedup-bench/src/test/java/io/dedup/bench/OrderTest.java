package io.dedup.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class OrderTest {

    @Test
    void a_message_is_1_KB_of_JSON_and_reads_as_it_was_written() {
        for (long number = 1; number < 1_000; number++) {
            Order order = Order.number(number);
            assertThat(order.toJson().length).isBetween(1_020, 1_024);
            assertThat(Order.fromJson(order.toJson())).isEqualTo(order);
        }
    }

    @Test
    void orders_go_to_all_accounts_and_change_them() {
        List<Order> orders = LongStream.range(0, 20_000).mapToObj(Order::number).toList();
        assertThat(orders.stream().map(Order::account).distinct()).hasSize(Order.ACCOUNTS);
        assertThat(orders).allMatch(order -> order.amount() > 0);
        assertThat(orders.stream().map(Order::id).distinct()).hasSize(orders.size());
    }

    @Test
    void no_two_loads_share_a_message_and_duplicates_are_of_messages_known_before() {
        Load first = Load.fresh(100);
        Load second = Load.withDuplicates(100, 0.3);
        Set<Order> known = new HashSet<>(second.known());
        assertThat(first.messages()).doesNotContainAnyElementsOf(second.messages());
        assertThat(first.known()).isEmpty();
        assertThat(known).hasSize(30);
        assertThat(second.messages()).hasSize(100).containsAll(known);
        assertThat(second.sum())
                .isEqualTo(second.messages().stream().mapToInt(Order::amount).sum());
    }
}
