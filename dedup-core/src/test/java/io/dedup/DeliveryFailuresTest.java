package io.dedup;

import static io.dedup.Deliveries.POLICY;
import static io.dedup.Deliveries.one;
import static io.dedup.Deliveries.process;
import static org.assertj.core.api.Assertions.assertThat;

import io.dedup.spi.DeliveryProcessor;
import io.dedup.spi.Disposition;
import io.dedup.spi.Disposition.Accept;
import io.dedup.spi.Disposition.DeadLetter;
import io.dedup.spi.Disposition.Reason;
import io.dedup.spi.Disposition.Release;
import io.dedup.spi.Disposition.RunAgain;
import io.dedup.spi.MessagePolicy;
import io.dedup.test.Database;
import io.dedup.test.ServersExtension;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Deliveries that fail, against the table of failures. */
@ExtendWith(ServersExtension.class)
@Timeout(60)
class DeliveryFailuresTest {

    private final Deliveries deliveries;

    DeliveryFailuresTest(Database database) {
        this.deliveries = new Deliveries(database);
    }

    private DeliveryProcessor<TestDelivery> failing(MessagePolicy policy, int maxGroup, RuntimeException failure) {
        return deliveries.processor(policy, maxGroup, (tx, delivery) -> {
            throw failure;
        });
    }

    /** As an adapter does: again and again until it is settled. */
    private static List<Disposition> untilSettled(
            DeliveryProcessor<TestDelivery> processor, TestDelivery delivery, int most) {
        List<Disposition> all = new ArrayList<>();
        do {
            all.add(one(processor, delivery));
        } while (all.size() < most && all.get(all.size() - 1) instanceof RunAgain);
        return all;
    }

    private static void assertDeadAfter(List<Disposition> all, int attempts) {
        assertThat(all).hasSize(attempts);
        assertThat(all.subList(0, attempts - 1))
                .allSatisfy(each -> assertThat(((RunAgain) each).reason()).isEqualTo(Reason.FAILED));
        assertThat(all.get(attempts - 1)).isInstanceOfSatisfying(DeadLetter.class, dead -> {
            assertThat(dead.reason()).isEqualTo("the handler failed " + attempts + " times");
            assertThat(dead.attempts())
                    .satisfies(counted -> assertThat(counted.count()).isEqualTo(attempts));
        });
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 10})
    void aMessageThatAlwaysFailsIsDeadLetteredAfterItsLastAttempt(int maxGroup) {
        TestDelivery delivery = TestDelivery.fresh();
        IllegalStateException failure = new IllegalStateException("card declined");
        DeliveryProcessor<TestDelivery> processor = failing(POLICY.maxAttempts(3), maxGroup, failure);
        List<Disposition> all = untilSettled(processor, delivery, 20);
        assertDeadAfter(all, 3);
        assertThat(((RunAgain) all.get(0)).pause()).isBetween(Duration.ofMillis(75), Duration.ofMillis(100));
        assertThat(((RunAgain) all.get(1)).pause()).isBetween(Duration.ofMillis(150), Duration.ofMillis(200));
        assertThat(((DeadLetter) all.get(2)).cause()).isSameAs(failure);
        assertThat(((DeadLetter) all.get(2)).key()).isEqualTo(delivery.key());
        assertThat(deliveries.handled).hasSize(3);
    }

    /** Once it ran 1,129 times in 5 s under as many keys. */
    @ParameterizedTest
    @ValueSource(ints = {1, 10})
    void aMessageWithoutIdThatAlwaysFailsHasItsAttemptsAndOneCount(int maxGroup) {
        DeliveryProcessor<TestDelivery> processor = failing(
                POLICY.missingId(MissingId.PROCESS_UNPROTECTED).maxAttempts(3),
                maxGroup,
                new IllegalStateException("no"));
        TestDelivery delivery = TestDelivery.of(null, "without ID");
        assertDeadAfter(untilSettled(processor, delivery, 20), 3);
        assertThat(deliveries.handled).hasSize(3);
        assertThat(deliveries.countedKeys()).isOne();
        assertThat(deliveries.countedFailures()).isEqualTo(3);
    }

    @Test
    void aMessageWithoutIdThatSucceedsAtLastEndsItsCount() {
        DeliveryProcessor<TestDelivery> processor =
                deliveries.processor(POLICY.missingId(MissingId.PROCESS_UNPROTECTED), 1, (tx, delivery) -> {
                    if (deliveries.handled.size() == 1) {
                        throw new IllegalStateException("not yet");
                    }
                });
        TestDelivery delivery = TestDelivery.of(null, "without ID");
        assertThat(untilSettled(processor, delivery, 20)).hasSize(2).last().isEqualTo(new Accept(null));
        assertThat(deliveries.countedKeys()).isZero();
    }

    @Test
    void aResolverThatThrowsIsCountedByTheBodyAndDeadLetteredAfterTheLastAttempt() {
        DeliveryProcessor<TestDelivery> processor =
                deliveries.processor(POLICY.maxAttempts(2).messageId(message -> {
                    throw new IllegalStateException("no connection to the registry of IDs");
                }));
        assertDeadAfter(untilSettled(processor, TestDelivery.fresh(), 20), 2);
        assertThat(deliveries.countedKeys()).isOne();
        assertThat(deliveries.handled).isEmpty();
    }

    @Test
    void aResolverThatRefusesTheMessageHasItDeadLetteredAtOnce() {
        DeliveryProcessor<TestDelivery> processor =
                deliveries.processor(POLICY.messageId(MessageIdResolver.jsonPointer("/id")));
        assertThat(one(processor, TestDelivery.of("1", "<xml/>"))).isInstanceOfSatisfying(DeadLetter.class, dead -> {
            assertThat(dead.reason()).startsWith("unusable message ID: the body is not JSON");
            assertThat(dead.attempts()).isNull();
        });
        assertThat(deliveries.countedKeys()).isZero();
    }

    @Test
    void aFailureOfTheHostsIsJudgedAndCountedByTheBody() {
        DeliveryProcessor<TestDelivery> processor = deliveries.processor(POLICY.maxAttempts(2));
        TestDelivery delivery = TestDelivery.fresh();
        IllegalStateException cause = new IllegalStateException("conversion");
        assertThat(processor.failed(delivery, cause)).isInstanceOf(RunAgain.class);
        assertThat(processor.failed(delivery, cause)).isInstanceOf(DeadLetter.class);
        assertThat(processor.failed(TestDelivery.of("2", "other"), new NeverRetryException("never")))
                .isInstanceOf(DeadLetter.class);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 10})
    void whatFailsWhileItsConsumerClosesIsReleasedUncounted(int maxGroup) {
        DeliveryProcessor<TestDelivery> processor =
                failing(POLICY.maxAttempts(1), maxGroup, new IllegalStateException("interrupted"));
        processor.closing();
        assertThat(process(processor, TestDelivery.fresh(), TestDelivery.fresh()))
                .containsOnly(new Release());
        assertThat(deliveries.countedFailures()).isZero();
    }

    @Test
    void whereTheHostCountsNothingIsCountedHere() {
        DeliveryProcessor<TestDelivery> processor = failing(POLICY.maxAttempts(0), 1, new IllegalStateException("no"));
        assertThat(untilSettled(processor, TestDelivery.fresh(), 20)).hasSize(20);
        assertThat(deliveries.countedFailures()).isZero();
    }

    @Test
    void aDeadLettersReplayHasAllAttemptsAgain() {
        DeliveryProcessor<TestDelivery> processor = failing(POLICY.maxAttempts(2), 1, new IllegalStateException("no"));
        TestDelivery delivery = TestDelivery.fresh();
        List<Disposition> all = untilSettled(processor, delivery, 20);
        processor.deadLettered(delivery, (DeadLetter) all.get(1));
        assertThat(deliveries.heard).last().isEqualTo("deliveries dead: the handler failed 2 times");
        assertThat(deliveries.countedKeys()).isZero();
        assertDeadAfter(untilSettled(processor, delivery, 20), 2);
    }

    /** Its failures before are over too, whoever decided that it is dead. */
    @Test
    void aCountEndsWithItsMessageHoweverThatBecameADeadLetter() {
        DeliveryProcessor<TestDelivery> processor =
                deliveries.processor(POLICY.maxAttempts(3).maxAge(Duration.ofHours(1)), 1, (tx, delivery) -> {
                    throw deliveries.handled.size() % 2 == 1
                            ? new IllegalStateException("no")
                            : new DeliveryPipelineTest.Decision(new DeadLetter("rejected", null, null, null));
                });
        TestDelivery rejected = TestDelivery.fresh();
        assertThat(one(processor, rejected)).isInstanceOf(RunAgain.class);
        processor.deadLettered(rejected, (DeadLetter) one(processor, rejected));
        assertThat(deliveries.dedup.admin().failuresOf(rejected.key())).isEmpty();
        TestDelivery aged = TestDelivery.fresh();
        assertThat(one(processor, aged)).isInstanceOf(RunAgain.class);
        processor.deadLettered(
                aged, (DeadLetter) one(processor, aged.publishedAt(Instant.now().minusSeconds(4_000))));
        assertThat(deliveries.dedup.admin().failuresOf(aged.key())).isEmpty();
    }

    /** An exception can be as broken as the handler that throws it; that is no outage, and kills no worker. */
    @ParameterizedTest
    @ValueSource(ints = {1, 10})
    void anExceptionWhoseTextThrowsOrIsNullIsAFailureLikeAnyOther(int maxGroup) {
        for (BrokenText broken : List.of(new BrokenText(true), new BrokenText(false))) {
            List<Disposition> all =
                    untilSettled(failing(POLICY.maxAttempts(2), maxGroup, broken), TestDelivery.fresh(), 20);
            assertDeadAfter(all, 2);
            RuntimeException outer = new IllegalStateException("outer", broken);
            assertDeadAfter(untilSettled(failing(POLICY.maxAttempts(2), maxGroup, outer), TestDelivery.fresh(), 20), 2);
        }
        assertThat(deliveries.countedFailures()).isEqualTo(8);
    }

    private static final class BrokenText extends RuntimeException {
        private static final long serialVersionUID = 1L;
        private final boolean fails;

        BrokenText(boolean fails) {
            this.fails = fails;
        }

        @Override
        @SuppressWarnings({"NullAway", "OverrideThrowableToString", "ToStringReturnsNull"}) // which it is about
        public String toString() {
            if (fails) {
                throw new UnsupportedOperationException("no text");
            }
            return null;
        }
    }
}
