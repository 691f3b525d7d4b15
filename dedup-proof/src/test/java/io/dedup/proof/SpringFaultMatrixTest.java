package io.dedup.proof;

import static org.assertj.core.api.Assertions.assertThat;

import io.dedup.proof.ProtectedListener.Kind;
import io.dedup.test.BrokerServer;
import io.dedup.test.Database;
import io.dedup.test.RequiresRabbitMq;
import io.dedup.test.ServersExtension;
import java.util.LinkedHashMap;
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
import org.junit.jupiter.params.provider.MethodSource;

/** The promise in a Spring container, by brute force: each call it makes of its servers met by each fault. */
@ExtendWith(ServersExtension.class)
@RequiresRabbitMq
@Tag("proof")
@Timeout(value = 10, unit = TimeUnit.MINUTES)
class SpringFaultMatrixTest {

    private record Run(Scenario scenario, Kind kind) {}

    private static final List<Run> RUNS = List.of(
            new Run(Scenario.NEW, Kind.HOLDING_AUTO),
            new Run(Scenario.NEW, Kind.HOLDING_MANUAL),
            new Run(Scenario.NEW, Kind.SETTLING),
            new Run(Scenario.DUPLICATE, Kind.HOLDING_AUTO),
            new Run(Scenario.DUPLICATE, Kind.SETTLING),
            new Run(Scenario.FAILING, Kind.HOLDING_AUTO));

    private static final Map<Run, FaultMatrix> matrices = new LinkedHashMap<>();

    /** All at a time: most of each run is waiting. */
    @BeforeAll
    static void run(BrokerServer broker, Database database) throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(RUNS.size());
        Map<Run, Future<FaultMatrix>> running = new LinkedHashMap<>();
        for (Run each : RUNS) {
            SpringTrack track = new SpringTrack(broker, database, each.kind());
            running.put(each, threads.submit(() -> {
                try (track) {
                    return FaultMatrix.run(each.scenario(), track);
                }
            }));
        }
        threads.shutdown();
        for (Map.Entry<Run, Future<FaultMatrix>> each : running.entrySet()) {
            matrices.put(each.getKey(), each.getValue().get());
        }
    }

    static List<Run> runs() {
        return RUNS;
    }

    @ParameterizedTest
    @MethodSource("runs")
    void whateverHappensAtWhateverStepThePromiseHolds(Run run) {
        FaultMatrix matrix = matrices.get(run);
        System.out.printf("Spring, %s: %d steps, %d runs%n", run, matrix.rows().size(), matrix.runs());
        assertThat(matrix.rows()).hasSizeGreaterThan(14);
        assertThat(matrix.plain().holds()).isTrue();
        assertThat(matrix.broken()).isEmpty();
    }

    /** It would notice. */
    @Test
    void theMatrixGoesRedWhereALostCommitCountsAsSuccess(BrokerServer broker, Database database) throws Exception {
        Mutant mutant = Mutant.LOST_COMMIT_COUNTED_AS_SUCCESS;
        try (SpringTrack track = new SpringTrack(broker, database, Kind.HOLDING_AUTO)) {
            List<Step> steps = track.plain(Scenario.NEW, mutant).steps();
            int commit = steps.stream().map(Step::method).toList().indexOf("commit");
            assertThat(track.run(Scenario.NEW, mutant, commit, Fault.CUT_BEFORE).broken())
                    .contains("0 effects");
        }
    }
}
