package io.dedup.proof;

import static org.assertj.core.api.Assertions.assertThat;

import io.dedup.test.BrokerServer;
import io.dedup.test.Database;
import io.dedup.test.RequiresRabbitMq;
import io.dedup.test.ServersExtension;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The fault matrix goes red for a library whose crucial steps are broken, so its green is worth something. */
@ExtendWith(ServersExtension.class)
@RequiresRabbitMq
@Tag("proof")
@Timeout(180)
class PromiseMutationTest {

    /** Those of the matrix that need no process of their own. */
    private static final List<Fault> FAULTS = List.of(Fault.CUT_BEFORE, Fault.CUT_AFTER, Fault.THROWS);

    /** The first run that breaks the promise, and how it does: whoever changes the matrix sees what it still catches. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            ACK_BEFORE_COMMIT                | OVERTAKEN, cut before commit: 0 effects of message 2
            NO_HEALTH_CHECK                  | SWALLOWING, no fault: 0 effects
            REQUEUE_COUNTED_AS_SUCCESS       | FAILING, cut before getConnection: 0 dead letters
            CLAIM_OUTSIDE_THE_TRANSACTION    | FAILING, no fault: 1 keys
            MULTIPLE_ACK                     | OVERTAKEN, no fault: 0 effects of message 1, failures still counted of message 1
            LOST_COMMIT_COUNTED_AS_SUCCESS   | NEW, cut before commit: 0 effects
            """)
    void theMatrixGoesRed(Mutant mutant, String where, BrokerServer broker, Database database) throws Exception {
        try (Track track = new Track(broker, database)) {
            assertThat(firstBroken(mutant, track)).isEqualTo(where);
        }
    }

    private static String firstBroken(Mutant mutant, Track track) throws Exception {
        Map<Scenario, List<Step>> steps = new EnumMap<>(Scenario.class);
        for (Scenario scenario : Scenario.values()) {
            Track.Plain plain = track.plain(scenario, mutant);
            if (!plain.cell().holds()) {
                return told(scenario, "no fault", plain.cell());
            }
            steps.put(scenario, plain.steps());
        }
        for (Map.Entry<Scenario, List<Step>> entry : steps.entrySet()) {
            for (int i = 0; i < entry.getValue().size(); i++) {
                Step step = entry.getValue().get(i);
                for (Fault fault : step.onWire() ? FAULTS : List.<Fault>of()) {
                    Cell cell = track.run(entry.getKey(), mutant, i, fault);
                    if (!cell.holds()) {
                        return told(entry.getKey(), fault + " " + step, cell);
                    }
                }
            }
        }
        return "nowhere";
    }

    private static String told(Scenario scenario, String fault, Cell cell) {
        return scenario.name() + ", " + fault + ": " + String.join(", ", cell.broken());
    }
}
