package io.dedup;

import static org.assertj.core.api.Assertions.assertThat;

import io.dedup.spi.GroupProcessor;
import io.dedup.spi.KeyedWork;
import io.dedup.test.Database;
import io.dedup.test.PostgresServer;
import io.dedup.test.ServersExtension;
import io.dedup.test.TcpProxy;
import io.dedup.test.Trap;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.postgresql.core.BaseConnection;

/** A group's connection breaks. */
@ExtendWith(ServersExtension.class)
@Timeout(60)
class GroupsInTroubleTest {

    private final Orders orders;
    private final TcpProxy proxy;
    private final Deduplicator dedup;
    private final GroupProcessor groups;
    private final List<MessageKey> keys =
            IntStream.range(0, 5).mapToObj(i -> Orders.newKey()).toList();
    private final List<KeyedWork> tasks = keys.stream()
            .map(key -> new KeyedWork(key, null, tx -> Orders.save(tx, key)))
            .toList();

    GroupsInTroubleTest(Database database, PostgresServer server) {
        this.orders = Orders.in(database);
        this.proxy = TcpProxy.to(server.host(), server.port());
        this.dedup = Deduplicator.create(database.through(proxy).dataSource());
        this.groups = dedup.engine().groups(10);
    }

    @AfterEach
    void close() {
        proxy.close();
    }

    @Test
    void aLostCommitAnswerLeavesAllOfThemUnknownAndTheRedeliveriesAreDuplicates() throws InterruptedException {
        groups.attempt(tasks.subList(4, 5));
        Trap trap = proxy.onClientSending("COMMIT").cutAfter();
        List<Result> results = groups.attempt(tasks);
        trap.awaitSprung(Duration.ofSeconds(5));
        assertThat(results.subList(0, 4))
                .allMatch(result -> result.outcome() == Outcome.UNKNOWN && result.cause() != null);
        assertThat(results.get(4).outcome()).as("known from before").isEqualTo(Outcome.DUPLICATE);
        assertThat(groups.attempt(tasks)).extracting(Result::outcome).containsOnly(Outcome.DUPLICATE);
        keys.forEach(key -> assertThat(orders.effectsOf(key)).isOne());
    }

    @Test
    void aRepeatInAGroupOfUnknownEndIsUnknownToo() throws InterruptedException {
        Trap trap = proxy.onClientSending("COMMIT").cutBefore();
        List<Result> results = groups.attempt(List.of(tasks.get(0), tasks.get(0)));
        trap.awaitSprung(Duration.ofSeconds(5));
        assertThat(results).extracting(Result::outcome).containsOnly(Outcome.UNKNOWN);
        assertThat(orders.keysOf(keys.get(0))).isZero();
    }

    @Test
    void aConnectionThatAHandlerBreaksIsNobodyElsesTrouble() {
        AtomicInteger runs = new AtomicInteger();
        KeyedWork breaking = new KeyedWork(Orders.newKey(), null, tx -> {
            runs.incrementAndGet();
            proxy.cut();
            Orders.save(tx, keys.get(0));
        });
        List<Result> results = groups.attempt(List.of(tasks.get(1), breaking, tasks.get(2)));
        assertThat(results)
                .extracting(Result::outcome)
                .containsExactly(Outcome.PROCESSED, Outcome.UNAVAILABLE, Outcome.PROCESSED);
        assertThat(runs).hasValue(2);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 10})
    void whileTheDatabaseIsAwayAllAreUnavailableAfterOneLook(int max) {
        GroupProcessor groups = dedup.engine().groups(max);
        proxy.refuse();
        proxy.cut();
        List<Result> results = groups.attempt(tasks);
        assertThat(results).hasSize(5).allMatch(result -> result.outcome() == Outcome.UNAVAILABLE);
        assertThat(results)
                .extracting(Result::cause)
                .containsOnly(results.get(0).cause());
        proxy.accept();
        assertThat(groups.attempt(tasks)).extracting(Result::outcome).containsOnly(Outcome.PROCESSED);
    }

    /** At its time limit, say: what it then throws is an exception of the library's, but says nothing of the database. */
    @Test
    void aHandlerStoppedByTheLibraryOnABrokenConnectionDoesNotStopTheOthers() {
        KeyedWork breaking = new KeyedWork(Orders.newKey(), null, tx -> {
            proxy.cut();
            throw new DedupException(
                    Outcome.FAILED, "the handler was stopped at its time limit", "make it faster", null);
        });
        assertThat(groups.attempt(List.of(tasks.get(1), breaking, tasks.get(2))))
                .extracting(Result::outcome)
                .containsExactly(Outcome.PROCESSED, Outcome.UNAVAILABLE, Outcome.PROCESSED);
    }

    /** It has ended the transaction behind the guard's back, and the database is away when that is to be mended. */
    @Test
    void keysThatCannotBeReleasedAreNotTakenForDuplicatesAtOnce() {
        KeyedWork ending = new KeyedWork(Orders.newKey(), null, tx -> {
            try (Statement raw = tx.unwrap(BaseConnection.class).createStatement()) {
                raw.execute("COMMIT");
            }
            proxy.refuse();
        });
        assertThat(groups.attempt(List.of(ending, tasks.get(0))))
                .extracting(Result::outcome)
                .containsOnly(Outcome.UNAVAILABLE);
    }
}
