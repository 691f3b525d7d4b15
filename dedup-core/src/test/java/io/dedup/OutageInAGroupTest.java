package io.dedup;

import static io.dedup.Deliveries.POLICY;
import static org.assertj.core.api.Assertions.assertThat;

import io.dedup.spi.Disposition.Accept;
import io.dedup.spi.Disposition.Reason;
import io.dedup.spi.Disposition.RunAgain;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Once a message of a group has found the database away, the others do not ask it again. */
class OutageInAGroupTest {

    private final FakeEngine engine = new FakeEngine();

    private DeliveryPipeline<TestDelivery> pipeline(DifferentBody policy, Outcome... outcomes) {
        return new DeliveryPipeline<>(
                engine.engine(), POLICY.differentBody(policy), TestDelivery.TYPE, new HandlerAdapter<>() {
                    @Override
                    public List<Result> process(List<KeyedDelivery<TestDelivery>> deliveries) {
                        List<Result> results = new ArrayList<>();
                        for (int i = 0; i < deliveries.size(); i++) {
                            Throwable cause = outcomes[i].isDone() ? null : new SQLException("gone", "08006");
                            results.add(new Result(
                                    deliveries.get(i).key(), outcomes[i], cause, 1, Duration.ZERO, Duration.ZERO));
                        }
                        return results;
                    }

                    @Override
                    public int mostAtOnce() {
                        return 10;
                    }

                    @Override
                    public boolean asksForReply(TestDelivery delivery) {
                        return false;
                    }
                });
    }

    @Test
    void eachKeepsWhatItsOwnAttemptTells() {
        engine.away(true);
        var dispositions = pipeline(
                        DifferentBody.PROCESS,
                        Outcome.PROCESSED,
                        Outcome.UNAVAILABLE,
                        Outcome.UNKNOWN,
                        Outcome.FAILED,
                        Outcome.DIFFERENT_BODY,
                        Outcome.UNAVAILABLE,
                        Outcome.DUPLICATE)
                .process(Arrays.asList(
                        TestDelivery.fresh(),
                        TestDelivery.fresh(),
                        TestDelivery.fresh(),
                        TestDelivery.fresh(),
                        TestDelivery.fresh(),
                        TestDelivery.fresh(),
                        TestDelivery.fresh()));
        assertThat(dispositions.get(0)).isEqualTo(new Accept(null));
        assertThat(dispositions.subList(1, 6))
                .extracting(each -> ((RunAgain) each).reason())
                .as("an unknown commit stays one, or the redelivery would count as the publisher's duplicate")
                .containsExactly(Reason.OUTAGE, Reason.UNKNOWN, Reason.OUTAGE, Reason.OUTAGE, Reason.OUTAGE);
        assertThat(dispositions.get(6)).isEqualTo(new Accept(null));
        assertThat(engine.asked()).isOne();
        assertThat(engine.recorded()).isZero();
    }
}
