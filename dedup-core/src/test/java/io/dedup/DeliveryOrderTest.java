package io.dedup;

import static io.dedup.Deliveries.POLICY;
import static io.dedup.Deliveries.process;
import static org.assertj.core.api.Assertions.assertThat;

import io.dedup.spi.DeliveryProcessor;
import io.dedup.spi.Disposition;
import io.dedup.spi.Disposition.Accept;
import io.dedup.spi.Disposition.Reason;
import io.dedup.spi.Disposition.RunAgain;
import io.dedup.spi.MessagePolicy;
import io.dedup.test.Database;
import io.dedup.test.ServersExtension;
import java.sql.Connection;
import java.util.List;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A later message of an entity never passes an earlier one that waits; other entities do. */
@ExtendWith(ServersExtension.class)
@Timeout(60)
class DeliveryOrderTest {

    private final Deliveries deliveries;
    private final TestDelivery bad = TestDelivery.fresh().about("a");
    private final TestDelivery later = TestDelivery.fresh().about("a");
    private final TestDelivery other = TestDelivery.fresh().about("b");
    private final TestDelivery none = TestDelivery.fresh();
    private final TestDelivery last = TestDelivery.fresh().about("a");

    DeliveryOrderTest(Database database) {
        this.deliveries = new Deliveries(database);
    }

    private DeliveryProcessor<TestDelivery> processor(
            MessagePolicy policy, boolean batch, int maxGroup, Deliveries.Effect effect) {
        return batch
                ? deliveries.batchProcessor(policy, maxGroup, effect)
                : deliveries.processor(policy, maxGroup, effect);
    }

    private List<Disposition> processAll(DeliveryProcessor<TestDelivery> processor) {
        return process(processor, bad, later, other, none, last);
    }

    private void assertOnlyOtherEntitiesPassed(List<Disposition> dispositions, Reason reason) {
        assertThat(((RunAgain) dispositions.get(0)).reason()).isEqualTo(reason);
        assertThat(((RunAgain) dispositions.get(1)).reason()).isEqualTo(Reason.BUSY);
        assertThat(dispositions.subList(2, 4)).containsOnly(new Accept(null));
        assertThat(((RunAgain) dispositions.get(4)).reason()).isEqualTo(Reason.BUSY);
        assertThat(List.of(bad, later, other, none, last))
                .extracting(each -> deliveries.orders.effectsOf(each.key()))
                .containsExactly(0L, 0L, 1L, 1L, 0L);
    }

    @ParameterizedTest
    @CsvSource({"false, 1", "false, 2", "false, 10", "true, 1", "true, 2", "true, 10"})
    void afterAFailure(boolean batch, int maxGroup) {
        DeliveryProcessor<TestDelivery> processor =
                processor(POLICY.maxAttempts(2), batch, maxGroup, (tx, delivery) -> {
                    if (delivery.equals(bad) && deliveries.countedFailures() == 0) {
                        throw new IllegalStateException("not yet");
                    }
                });
        assertOnlyOtherEntitiesPassed(processAll(processor), Reason.FAILED);
        assertThat(deliveries.countedFailures()).as("the later ones' are none").isOne();
        assertThat(processAll(processor)).containsOnly(new Accept(null));
        assertThat(deliveries.handled.stream().filter(each -> "a".equals(each.entity())))
                .endsWith(bad, later, last);
    }

    @ParameterizedTest
    @CsvSource({"false, 1", "false, 2", "false, 10", "true, 1", "true, 2", "true, 10"})
    void afterABusyOne(boolean batch, int maxGroup) throws Exception {
        DeliveryProcessor<TestDelivery> processor = processor(POLICY, batch, maxGroup, (tx, delivery) -> {});
        try (Connection holder = deliveries.orders.dataSource.getConnection()) {
            holder.setAutoCommit(false);
            deliveries.dedup.claim(holder, bad.key());
            assertOnlyOtherEntitiesPassed(processAll(processor), Reason.BUSY);
            holder.rollback();
        }
        assertThat(processAll(processor)).containsOnly(new Accept(null));
    }

    @ParameterizedTest
    @CsvSource({"false, 1", "false, 2", "false, 10", "true, 1", "true, 2", "true, 10"})
    void afterOneWhoseIdCannotBeToldYet(boolean batch, int maxGroup) {
        MessagePolicy policy = POLICY.messageId(message -> {
            if (message == bad.message() && deliveries.countedFailures() == 0) {
                throw new IllegalStateException("the registry of IDs is away");
            }
            return MessageIdResolver.property().resolve(message);
        });
        DeliveryProcessor<TestDelivery> processor = processor(policy, batch, maxGroup, (tx, delivery) -> {});
        assertOnlyOtherEntitiesPassed(processAll(processor), Reason.FAILED);
        assertThat(processAll(processor)).containsOnly(new Accept(null));
        assertThat(deliveries.handled.stream().filter(each -> "a".equals(each.entity())))
                .containsExactly(bad, later, last);
    }

    /** It is processed under another key, after it was found out that its ID is known with another body. */
    @ParameterizedTest
    @CsvSource({"false, 1", "false, 2", "false, 10", "true, 1", "true, 2", "true, 10"})
    void whereAMessageWithAnotherBodyIsProcessedAsOneOfItsOwn(boolean batch, int maxGroup) throws Exception {
        DeliveryProcessor<TestDelivery> processor =
                processor(POLICY.differentBody(DifferentBody.PROCESS), batch, maxGroup, (tx, delivery) -> {});
        deliveries.dedup.process(bad.key(), Fingerprint.of(new byte[] {1}), tx -> {});
        List<Disposition> dispositions = processAll(processor);
        assertThat(List.of(dispositions.get(0), dispositions.get(2), dispositions.get(3)))
                .containsOnly(new Accept(null));
        assertThat(process(processor, later, last)).containsOnly(new Accept(null));
        assertThat(deliveries.handled.stream().filter(each -> "a".equals(each.entity())))
                .containsExactly(bad, later, last);
    }
}
