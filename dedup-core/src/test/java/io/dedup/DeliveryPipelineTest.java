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
import io.dedup.spi.Disposition.RunAgain;
import io.dedup.spi.HandlerDecision;
import io.dedup.test.Database;
import io.dedup.test.ServersExtension;
import java.sql.Connection;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What becomes of deliveries in every adapter. */
@ExtendWith(ServersExtension.class)
@Timeout(60)
class DeliveryPipelineTest {

    private final Deliveries deliveries;

    DeliveryPipelineTest(Database database) {
        this.deliveries = new Deliveries(database);
    }

    @Test
    void aNewMessageIsAcceptedAndSoIsARepeatedOneWithoutItsHandler() {
        DeliveryProcessor<TestDelivery> processor = deliveries.processor(POLICY);
        TestDelivery delivery = TestDelivery.fresh();
        assertThat(one(processor, delivery)).isEqualTo(new Accept(null));
        assertThat(one(processor, delivery)).isEqualTo(new Accept(null));
        assertThat(one(processor, delivery.again())).isEqualTo(new Accept(null));
        assertThat(deliveries.handled).hasSize(1);
        assertThat(deliveries.heard).containsExactly("PROCESSED", "DUPLICATE", "DUPLICATE redelivered");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " ", "\t"})
    void aMissingIdIsDeadLetteredAndNothingCounted(String blank) {
        DeliveryProcessor<TestDelivery> processor = deliveries.processor(POLICY.messageId(message -> null));
        DeadLetter missing = new DeadLetter("missing message ID", null, null, null);
        assertThat(one(processor, TestDelivery.of("7", "body"))).isEqualTo(missing);
        assertThat(one(deliveries.processor(POLICY.messageId(message -> blank)), TestDelivery.of("7", "body")))
                .isEqualTo(missing);
        assertThat(one(deliveries.processor(POLICY), TestDelivery.of(null, "body")))
                .isEqualTo(missing);
        assertThat(deliveries.handled).isEmpty();
        assertThat(deliveries.countedFailures()).isZero();
        processor.deadLettered(TestDelivery.of("7", "body"), missing);
        assertThat(deliveries.heard).containsExactly("deliveries dead: missing message ID");
    }

    @Test
    void aMessageWithoutIdIsProcessedUnprotectedWhereThatIsAskedFor() {
        DeliveryProcessor<TestDelivery> processor =
                deliveries.processor(POLICY.missingId(MissingId.PROCESS_UNPROTECTED));
        TestDelivery delivery = TestDelivery.of(null, "body");
        assertThat(process(processor, delivery, delivery)).containsOnly(new Accept(null));
        assertThat(deliveries.handled).as("each copy").hasSize(2);
        assertThat(processor.unprotected()).isEqualTo(2);
        assertThat(deliveries.countedKeys()).isZero();
    }

    @Test
    void anIdThatTheTableCannotHoldIsDeadLetteredNeverCut() {
        DeliveryProcessor<TestDelivery> processor = deliveries.processor(POLICY);
        for (String id : new String[] {"x".repeat(256), "a\0b", "\ud800", "\uFFFD"}) {
            assertThat(one(processor, TestDelivery.of(id, "body"))).isInstanceOfSatisfying(DeadLetter.class, dead -> {
                assertThat(dead.reason()).startsWith("unusable message ID: message ID ");
                assertThat(dead.cause()).isInstanceOf(IllegalArgumentException.class);
                assertThat(dead.attempts()).isNull();
            });
        }
        assertThat(deliveries.handled).isEmpty();
    }

    @Test
    void anotherBodyUnderAKnownIdIsDeadLetteredSkippedOrProcessedOnce() {
        TestDelivery first = TestDelivery.fresh();
        TestDelivery second = TestDelivery.of(first.key().messageId(), "another body");
        DeliveryProcessor<TestDelivery> strict = deliveries.processor(POLICY.differentBody(DifferentBody.DEAD_LETTER));
        assertThat(process(strict, first, second, first.again()))
                .containsExactly(
                        new Accept(null),
                        new DeadLetter(
                                "a message with this ID and another body was processed before",
                                null,
                                first.key(),
                                null),
                        new Accept(null));
        assertThat(one(deliveries.processor(POLICY.differentBody(DifferentBody.SKIP)), second))
                .isEqualTo(new Accept(null));
        assertThat(deliveries.handled).containsExactly(first);
        DeliveryProcessor<TestDelivery> generous = deliveries.processor(POLICY.differentBody(DifferentBody.PROCESS));
        assertThat(process(generous, second, second)).containsOnly(new Accept(null));
        assertThat(deliveries.handled).containsExactly(first, second);
        assertThat(one(deliveries.processor(POLICY), second))
                .as("bodies are not compared by default")
                .isEqualTo(new Accept(null));
        assertThat(deliveries.handled).hasSize(2);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 10})
    void aStaleMessageIsDeadLetteredUnlessItIsADuplicate(int maxGroup) {
        DeliveryProcessor<TestDelivery> processor =
                deliveries.processor(POLICY.maxAge(Duration.ofHours(1)), maxGroup, (tx, delivery) -> {});
        TestDelivery known = TestDelivery.fresh();
        TestDelivery unknown = TestDelivery.fresh().publishedAt(Instant.now().minusSeconds(3_700));
        TestDelivery young = TestDelivery.fresh().publishedAt(Instant.now().minusSeconds(3_500));
        assertThat(one(processor, known)).isEqualTo(new Accept(null));
        var dispositions = process(
                processor, known.publishedAt(Instant.now().minusSeconds(3_700)), unknown, young, TestDelivery.fresh());
        assertThat(dispositions.get(1)).isInstanceOfSatisfying(DeadLetter.class, dead -> {
            assertThat(dead.reason()).startsWith("too old: published ").contains("more than PT1H ago");
            assertThat(dead.attempts()).isNull();
        });
        dispositions.remove(1);
        assertThat(dispositions).hasSize(3).containsOnly(new Accept(null));
        assertThat(deliveries.countedFailures()).isZero();
        assertThat(deliveries.orders.keysOf(unknown.key())).isZero();
    }

    @Test
    void aBusyMessageRunsAgainUncountedAndIsThenADuplicate() throws Exception {
        TestDelivery delivery = TestDelivery.fresh();
        DeliveryProcessor<TestDelivery> processor = deliveries.processor(POLICY.maxAttempts(1));
        try (Connection other = deliveries.orders.dataSource.getConnection()) {
            other.setAutoCommit(false);
            deliveries.dedup.claim(other, delivery.key());
            for (int i = 0; i < 3; i++) {
                assertThat(one(processor, delivery)).isInstanceOfSatisfying(RunAgain.class, again -> {
                    assertThat(again.reason()).isEqualTo(Reason.BUSY);
                    assertThat(again.pause()).isBetween(Duration.ofMillis(30), Duration.ofMillis(200));
                });
            }
            other.commit();
        }
        assertThat(one(processor, delivery)).isEqualTo(new Accept(null));
        assertThat(deliveries.handled).isEmpty();
        assertThat(deliveries.countedFailures()).isZero();
    }

    /** Of the adapter's, such as Spring's for a rejection. */
    static final class Decision extends RuntimeException implements HandlerDecision {
        private static final long serialVersionUID = 1L;
        private final transient Disposition disposition;

        Decision(Disposition disposition) {
            this.disposition = disposition;
        }

        @Override
        public Disposition disposition() {
            return disposition;
        }
    }

    @ParameterizedTest
    @EnumSource(Reason.class)
    void aHandlerThatSettlesItsMessageItselfIsObeyedAfterARollback(Reason reason) {
        TestDelivery delivery = TestDelivery.fresh();
        Disposition wanted = new RunAgain(reason, Duration.ofSeconds(3), null);
        DeliveryProcessor<TestDelivery> processor = deliveries.processor(POLICY, 1, (tx, each) -> {
            throw new Decision(wanted);
        });
        assertThat(one(processor, delivery)).isEqualTo(wanted);
        assertThat(deliveries.countedFailures()).isZero();
        assertThat(deliveries.orders.effectsOf(delivery.key())).isZero();
    }

    @Test
    void aReplyIsSavedWithTheKeyAndGivenToDuplicatesThatAskForIt() {
        Reply reply = new Reply(new byte[] {4, 2}, "text/plain");
        DeliveryProcessor<TestDelivery> processor = deliveries
                .dedup
                .engine()
                .processor(POLICY, TestDelivery.TYPE, 10, new io.dedup.spi.Handler<TestDelivery>() {
                    @Override
                    public Reply handle(Connection tx, TestDelivery delivery) {
                        return reply;
                    }

                    @Override
                    public boolean asksForReply(TestDelivery delivery) {
                        return delivery.entity() == null;
                    }
                });
        TestDelivery asks = TestDelivery.fresh();
        TestDelivery asksNot = TestDelivery.fresh().about("no reply-to");
        var dispositions = process(processor, asks, asksNot, asks);
        assertThat(((Accept) dispositions.get(0)).reply()).isSameAs(reply);
        assertThat(dispositions.get(1)).isEqualTo(new Accept(null));
        assertThat(((Accept) dispositions.get(2)).reply())
                .satisfies(again -> assertThat(again.body()).containsExactly(4, 2));
        assertThat(deliveries.dedup.engine().replyOf(asksNot.key())).isEqualTo(Optional.empty());
    }
}
