package io.dedup.proof;

import static org.assertj.core.api.Assertions.assertThat;

import io.dedup.rabbit.Shop;
import io.dedup.test.BrokerServer;
import io.dedup.test.Database;
import io.dedup.test.RequiresRabbitMq;
import io.dedup.test.ServersExtension;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The same promises, whichever way a message comes in. */
@ExtendWith(ServersExtension.class)
@RequiresRabbitMq
@Tag("proof")
@Timeout(value = 15, unit = TimeUnit.MINUTES)
class ContractTest {

    private static final int AT_A_TIME = 6;

    private static final List<WayIn> WAYS = Stream.<WayIn>concat(Stream.of(PlainWay.values()), SpringWay.all().stream())
            .toList();

    /** One rule, in one way. */
    record Cell(WayIn way, ContractRule rule) {
        @Override
        public String toString() {
            return way.name() + ": " + rule;
        }
    }

    private static final Map<Cell, Throwable> broken = new ConcurrentHashMap<>();
    private static final Map<Cell, Long> checked = new ConcurrentHashMap<>();

    static List<Cell> cells() {
        List<Cell> cells = new ArrayList<>();
        for (ContractRule rule : ContractRule.values()) {
            WAYS.stream().filter(rule::appliesTo).forEach(way -> cells.add(new Cell(way, rule)));
        }
        return cells;
    }

    /** Several at a time: most of each is waiting. */
    @BeforeAll
    static void check(BrokerServer broker, Database database) throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(AT_A_TIME);
        for (Cell cell : cells()) {
            threads.execute(() -> {
                long start = System.nanoTime();
                try (Shop shop = new Shop(broker, database)) {
                    shop.declare(shop.queue + ".dead");
                    cell.rule().check(cell.way(), shop);
                } catch (Throwable e) {
                    broken.put(cell, e);
                }
                checked.put(cell, TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start));
            });
        }
        threads.shutdown();
        assertThat(threads.awaitTermination(14, TimeUnit.MINUTES)).isTrue();
    }

    @ParameterizedTest
    @MethodSource("cells")
    void theRuleHolds(Cell cell) {
        assertThat(checked).containsKey(cell);
        assertThat(broken.get(cell)).isNull();
    }

    /** So that none drops out silently. */
    @Test
    void noCellIsMissing() {
        assertThat(WAYS.stream().map(WayIn::name)).doesNotHaveDuplicates().hasSize(6 + 22);
        assertThat(ContractRule.values()).hasSize(12);
        assertThat(WAYS.stream().filter(WayIn::holds)).hasSize(6 + 10);
        assertThat(checked).hasSize(28 * 11 + 16);
        System.out.printf(
                "contract: %d ways in, %d rules, %d cells%n",
                WAYS.size(), ContractRule.values().length, checked.size());
    }
}
