package io.dedup.rabbit;

import static org.assertj.core.api.Assertions.assertThat;

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
import org.springframework.amqp.core.AcknowledgeMode;

/** The promise in a Spring container, by brute force: each call it makes of its servers met by each fault. */
@ExtendWith(ServersExtension.class)
@RequiresRabbitMq
@Tag("proof")
@Timeout(value = 10, unit = TimeUnit.MINUTES)
class SpringFaultMatrixTest {

    private record Kind(Scenario scenario, AcknowledgeMode mode) {}

    private static final List<Kind> KINDS = List.of(
            new Kind(Scenario.NEW, AcknowledgeMode.AUTO),
            new Kind(Scenario.NEW, AcknowledgeMode.MANUAL),
            new Kind(Scenario.DUPLICATE, AcknowledgeMode.AUTO),
            new Kind(Scenario.DUPLICATE, AcknowledgeMode.MANUAL));

    private static final Map<Kind, FaultMatrix> matrices = new LinkedHashMap<>();

    /** All at a time: most of each run is waiting. */
    @BeforeAll
    static void run(BrokerServer broker, Database database) throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(KINDS.size());
        Map<Kind, Future<FaultMatrix>> running = new LinkedHashMap<>();
        for (Kind kind : KINDS) {
            SpringTrack track = new SpringTrack(broker, database, kind.mode());
            running.put(kind, threads.submit(() -> {
                try (track) {
                    return FaultMatrix.run(kind.scenario(), track);
                }
            }));
        }
        threads.shutdown();
        for (Map.Entry<Kind, Future<FaultMatrix>> each : running.entrySet()) {
            matrices.put(each.getKey(), each.getValue().get());
        }
    }

    static List<Kind> kinds() {
        return KINDS;
    }

    @ParameterizedTest
    @MethodSource("kinds")
    void whateverHappensAtWhateverStepThePromiseHolds(Kind kind) {
        FaultMatrix matrix = matrices.get(kind);
        System.out.printf("Spring, %s: %d steps, %d runs%n", kind, matrix.rows().size(), matrix.runs());
        assertThat(matrix.rows()).hasSizeGreaterThan(15);
        assertThat(matrix.plain().holds()).isTrue();
        assertThat(matrix.broken()).isEmpty();
    }

    /** It would notice. */
    @Test
    void theMatrixGoesRedWhereALostCommitCountsAsSuccess(BrokerServer broker, Database database) throws Exception {
        Mutant mutant = Mutant.LOST_COMMIT_COUNTED_AS_SUCCESS;
        try (SpringTrack track = new SpringTrack(broker, database, AcknowledgeMode.AUTO)) {
            List<Step> steps = track.plain(Scenario.NEW, mutant).steps();
            int commit = steps.stream().map(Step::method).toList().indexOf("commit");
            assertThat(track.run(Scenario.NEW, mutant, commit, Fault.CUT_BEFORE).broken())
                    .contains("0 effects");
        }
    }
}
