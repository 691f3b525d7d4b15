package io.dedup;

import static io.dedup.Deliveries.POLICY;
import static io.dedup.Deliveries.one;
import static io.dedup.Deliveries.process;
import static org.assertj.core.api.Assertions.assertThat;

import io.dedup.spi.DeliveryProcessor;
import io.dedup.spi.Disposition;
import io.dedup.spi.Disposition.Accept;
import io.dedup.spi.Disposition.Reason;
import io.dedup.spi.Disposition.RunAgain;
import io.dedup.test.Database;
import io.dedup.test.PostgresServer;
import io.dedup.test.ServersExtension;
import io.dedup.test.TcpProxy;
import io.dedup.test.Trap;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What becomes of deliveries while the database is not to be trusted: never a failure of theirs. */
@ExtendWith(ServersExtension.class)
@Timeout(60)
class DeliveryOutageTest {

    private final TcpProxy proxy;
    private final Deliveries deliveries;

    DeliveryOutageTest(Database database, PostgresServer server) {
        this.proxy = TcpProxy.to(server.host(), server.port());
        this.deliveries = new Deliveries(database, database.through(proxy));
    }

    @AfterEach
    void close() {
        proxy.close();
    }

    private static List<Reason> reasons(List<Disposition> dispositions) {
        return dispositions.stream().map(each -> ((RunAgain) each).reason()).toList();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 10})
    void aLostCommitAnswerRunsAgainUncountedAndIsThenADuplicate(int maxGroup) throws Exception {
        DeliveryProcessor<TestDelivery> processor =
                deliveries.processor(POLICY.maxAttempts(1), maxGroup, (tx, delivery) -> {});
        TestDelivery delivery = TestDelivery.fresh();
        TestDelivery second = TestDelivery.fresh();
        assertThat(one(processor, TestDelivery.fresh())).isEqualTo(new Accept(null));
        Trap trap = proxy.onClientSending("COMMIT").cutAfter();
        List<Disposition> dispositions = process(processor, delivery, second);
        trap.awaitSprung(Duration.ofSeconds(5));
        assertThat(((RunAgain) dispositions.get(0)).reason()).isEqualTo(Reason.UNKNOWN);
        if (maxGroup > 1) {
            assertThat(((RunAgain) dispositions.get(1)).reason())
                    .as("it shared the commit")
                    .isEqualTo(Reason.UNKNOWN);
        }
        assertThat(process(processor, delivery.again(), second.again())).containsOnly(new Accept(null));
        assertThat(deliveries.orders.effectsOf(delivery.key())).isOne();
        assertThat(deliveries.heard).contains("UNKNOWN", "DUPLICATE redelivered");
        assertThat(deliveries.countedFailures()).isZero();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 10})
    void whileTheDatabaseIsAwayAllRunAgainUncounted(int maxGroup) {
        DeliveryProcessor<TestDelivery> processor =
                deliveries.processor(POLICY.maxAttempts(1), maxGroup, (tx, delivery) -> {});
        TestDelivery delivery = TestDelivery.fresh();
        TestDelivery second = TestDelivery.fresh();
        proxy.refuse();
        proxy.cut();
        for (int i = 0; i < 3; i++) {
            assertThat(reasons(process(processor, delivery, second))).containsOnly(Reason.OUTAGE);
        }
        proxy.accept();
        assertThat(process(processor, delivery, second)).containsOnly(new Accept(null));
        assertThat(deliveries.countedFailures()).isZero();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 10})
    void aHandlerThatBreaksItsConnectionHasFailedTheSecondTimeAndHarmsNobodyElse(int maxGroup) {
        AtomicInteger runs = new AtomicInteger();
        TestDelivery breaking = TestDelivery.fresh();
        TestDelivery good = TestDelivery.fresh();
        DeliveryProcessor<TestDelivery> processor =
                deliveries.processor(POLICY.maxAttempts(2), maxGroup, (tx, delivery) -> {
                    if (delivery.equals(breaking)) {
                        runs.incrementAndGet();
                        proxy.cut();
                        Orders.save(tx, delivery.key());
                    }
                });
        List<Disposition> dispositions = process(processor, breaking, good);
        assertThat(((RunAgain) dispositions.get(0)).reason()).isEqualTo(Reason.UNAVAILABLE);
        assertThat(dispositions.get(1)).isEqualTo(new Accept(null));
        assertThat(deliveries.countedFailures()).isZero();
        assertThat(reasons(process(processor, breaking))).containsExactly(Reason.FAILED);
        assertThat(one(processor, breaking)).isInstanceOf(Disposition.DeadLetter.class);
        assertThat(runs.get()).isEqualTo(maxGroup == 1 ? 3 : 4); // once more in the first group
    }
}
