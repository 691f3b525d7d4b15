package io.dedup;

import static io.dedup.Deliveries.POLICY;
import static org.assertj.core.api.Assertions.assertThat;

import io.dedup.spi.Disposition;
import io.dedup.spi.Disposition.Accept;
import io.dedup.spi.Disposition.DeadLetter;
import io.dedup.spi.Disposition.Reason;
import io.dedup.spi.Disposition.RunAgain;
import io.dedup.spi.MessagePolicy;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What becomes of a message after an attempt, without a database. */
class FailurePolicyTest {

    private static final MessageKey KEY = new MessageKey("orders", "1");

    private final FakeEngine engine = new FakeEngine();

    private FailurePolicy policy(MessagePolicy settings) {
        return new FailurePolicy(settings, engine.engine());
    }

    private static Disposition after(FailurePolicy failures, Outcome outcome, @Nullable Throwable cause) {
        return failures.after(new Result(KEY, outcome, cause, 1, Duration.ZERO, Duration.ZERO), KEY, null);
    }

    private static RunAgain again(Disposition disposition) {
        assertThat(disposition).isInstanceOf(RunAgain.class);
        return (RunAgain) disposition;
    }

    @Test
    void neverRetryIsFoundAnywhereAmongTheCauses() {
        NeverRetryException never = new NeverRetryException("there is no such account");
        for (Throwable thrown : List.of(
                never,
                new IllegalStateException("outer", never),
                new Exception("outermost", new RuntimeException("outer", new AssertionError("inner", never))))) {
            assertThat(after(policy(POLICY), Outcome.FAILED, thrown)).isInstanceOfSatisfying(DeadLetter.class, dead -> {
                assertThat(dead.reason()).isEqualTo("the handler asked for no other attempt");
                assertThat(dead.cause()).isSameAs(thrown);
                assertThat(dead.attempts()).as("counted all the same").isNotNull();
            });
        }
        assertThat(after(policy(POLICY.maxAttempts(0)), Outcome.FAILED, new IllegalStateException("outer", never)))
                .as("also where the host counts")
                .isInstanceOf(DeadLetter.class);
    }

    @Test
    void causesThatFormACycleEnd() {
        Exception one = new Exception("one");
        Exception two = new Exception("two", one);
        one.initCause(two);
        assertThat(again(after(policy(POLICY), Outcome.FAILED, two)).reason()).isEqualTo(Reason.FAILED);
    }

    @Test
    void aPredicateOfTheApplicationsMaySayNeverAndMayFail() {
        MessagePolicy settings = POLICY.neverRetry(failure -> failure instanceof ArithmeticException);
        assertThat(after(policy(settings), Outcome.FAILED, new ArithmeticException()))
                .isInstanceOf(DeadLetter.class);
        assertThat(again(after(policy(settings), Outcome.FAILED, new IllegalStateException()))
                        .reason())
                .isEqualTo(Reason.FAILED);
        List<Predicate<Throwable>> broken = List.of(
                failure -> {
                    throw new IllegalStateException("the predicate's");
                },
                failure -> {
                    throw new NoClassDefFoundError("the predicate's");
                });
        for (Predicate<Throwable> each : broken) {
            assertThat(again(after(policy(POLICY.neverRetry(each)), Outcome.FAILED, new ArithmeticException()))
                            .reason())
                    .as("tried again")
                    .isEqualTo(Reason.FAILED);
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = Outcome.class,
            names = {"BUSY", "UNKNOWN", "UNAVAILABLE"})
    void whatIsNotTheHandlersFaultIsNeverCounted(Outcome outcome) {
        FailurePolicy failures = policy(POLICY.maxAttempts(1));
        DedupException cause = outcome == Outcome.BUSY ? null : DedupExceptions.noConnection(new SQLException("x"));
        for (int i = 1; i <= 50; i++) {
            RunAgain again = again(after(failures, outcome, cause));
            assertThat(again.reason()).isEqualTo(Reason.valueOf(outcome.name()));
            assertThat(again.pause()).isLessThanOrEqualTo(Duration.ofSeconds(5));
        }
        assertThat(engine.recorded()).isZero();
    }

    @Test
    void aDatabaseThatIsAwayIsAnOutageHoweverOften() {
        FailurePolicy failures = policy(POLICY.maxAttempts(1));
        engine.away(true);
        for (int i = 0; i < 50; i++) {
            assertThat(again(after(failures, Outcome.UNAVAILABLE, new SQLException("x", "08006")))
                            .reason())
                    .isEqualTo(Reason.OUTAGE);
        }
        assertThat(engine.recorded()).isZero();
        assertThat(again(after(failures, Outcome.FAILED, new IllegalStateException("x")))
                        .reason())
                .as("a failure that cannot be counted")
                .isEqualTo(Reason.OUTAGE);
    }

    @Test
    void aHandlerThatBreaksItsConnectionTwiceHasFailed() {
        FailurePolicy failures = policy(POLICY.maxAttempts(2));
        SQLException broken = new SQLException("x", "57P01");
        assertThat(again(after(failures, Outcome.UNAVAILABLE, broken)).reason()).isEqualTo(Reason.UNAVAILABLE);
        assertThat(engine.recorded()).isZero();
        assertThat(again(after(failures, Outcome.UNAVAILABLE, broken)).reason()).isEqualTo(Reason.FAILED);
        assertThat(after(failures, Outcome.UNAVAILABLE, broken)).isInstanceOf(DeadLetter.class);
    }

    @Test
    void oneThatWasBusyOrWaitedForTheDatabaseBeforeHasNotYetBrokenAnyConnection() {
        FailurePolicy failures = policy(POLICY.maxAttempts(1));
        after(failures, Outcome.BUSY, null);
        after(failures, Outcome.UNKNOWN, new SQLException("x", "08006"));
        engine.away(true);
        after(failures, Outcome.UNAVAILABLE, new SQLException("x", "08006"));
        engine.away(false);
        assertThat(again(after(failures, Outcome.UNAVAILABLE, new SQLException("x", "57P01")))
                        .reason())
                .isEqualTo(Reason.UNAVAILABLE);
        assertThat(engine.recorded()).isZero();
    }

    @Test
    void pausesGrowUntilTheMessageIsAcceptedOrDeadLettered() {
        FailurePolicy failures = policy(POLICY);
        for (int i = 0; i < 5; i++) {
            after(failures, Outcome.UNKNOWN, new SQLException("x", "08006"));
        }
        assertThat(again(after(failures, Outcome.UNKNOWN, null)).pause()).isGreaterThan(Duration.ofMillis(700));
        assertThat(after(failures, Outcome.PROCESSED, null)).isEqualTo(new Accept(null));
        assertThat(again(after(failures, Outcome.UNKNOWN, null)).pause()).isLessThan(Duration.ofMillis(101));
        for (int i = 0; i < 5; i++) {
            after(failures, Outcome.UNKNOWN, new SQLException("x", "08006"));
        }
        failures.deadLettered(KEY);
        assertThat(again(after(failures, Outcome.UNKNOWN, null)).pause()).isLessThan(Duration.ofMillis(101));
    }

    @Test
    void aCountThatAnotherNodeHoldsIsTriedAgain() {
        engine.busy(true);
        assertThat(again(after(policy(POLICY), Outcome.FAILED, new IllegalStateException()))
                        .reason())
                .isEqualTo(Reason.BUSY);
    }
}
