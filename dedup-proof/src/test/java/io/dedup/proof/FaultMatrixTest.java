package io.dedup.proof;

import static org.assertj.core.api.Assertions.assertThat;

import io.dedup.test.BrokerServer;
import io.dedup.test.Database;
import io.dedup.test.RequiresRabbitMq;
import io.dedup.test.ServersExtension;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The promise, by brute force. {@code docs/fault-matrix.md} says what is done and how each run ends. */
@ExtendWith(ServersExtension.class)
@RequiresRabbitMq
@Tag("proof")
class FaultMatrixTest {

    private static final Path PAGE = Path.of("..", "docs", "fault-matrix.md");

    private static final Map<Scenario, FaultMatrix> matrices = new EnumMap<>(Scenario.class);

    /** All scenarios at a time: most of each run is waiting. */
    @BeforeAll
    @Timeout(value = 10, unit = TimeUnit.MINUTES)
    static void run(BrokerServer broker, Database database) throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(Scenario.values().length);
        Map<Scenario, Future<FaultMatrix>> running = new EnumMap<>(Scenario.class);
        for (Scenario scenario : Scenario.values()) {
            Track track = new Track(broker, database);
            running.put(scenario, threads.submit(() -> {
                try (track) {
                    return FaultMatrix.run(scenario, track);
                }
            }));
        }
        threads.shutdown();
        for (Scenario scenario : Scenario.values()) {
            matrices.put(scenario, running.get(scenario).get());
        }
    }

    @ParameterizedTest
    @EnumSource
    void whateverHappensAtWhateverStepThePromiseHolds(Scenario scenario) {
        FaultMatrix matrix = matrices.get(scenario);
        assertThat(matrix.rows()).hasSizeGreaterThan(12);
        assertThat(matrix.broken()).isEmpty();
    }

    @Test
    void thePageInDocsSaysThis() throws Exception {
        String page = FaultMatrixPage.of(List.copyOf(matrices.values()));
        System.out.println(page);
        if (Boolean.getBoolean("dedup.matrix.write")) {
            Files.writeString(PAGE, page);
        }
        assertThat(PAGE).hasContent(page);
    }
}
