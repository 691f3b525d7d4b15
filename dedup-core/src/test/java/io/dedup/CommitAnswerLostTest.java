package io.dedup;

import static org.assertj.core.api.Assertions.assertThat;

import io.dedup.test.Database;
import io.dedup.test.PostgresServer;
import io.dedup.test.ServersExtension;
import io.dedup.test.TcpProxy;
import io.dedup.test.Trap;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** Trap 7: the connection breaks during COMMIT, and only the database knows whether it happened. */
@ExtendWith(ServersExtension.class)
@Timeout(60)
class CommitAnswerLostTest {

    private final Orders orders;
    private final TcpProxy proxy;
    private final Deduplicator dedup;
    private final MessageKey key = Orders.newKey();

    CommitAnswerLostTest(Database database, PostgresServer server) {
        this.orders = Orders.in(database);
        this.proxy = TcpProxy.to(server.host(), server.port());
        this.dedup = Deduplicator.create(database.through(proxy).dataSource());
    }

    @AfterEach
    void close() {
        proxy.close();
    }

    @Test
    void theServerDidCommitAndTheRedeliveryIsADuplicate() throws InterruptedException {
        Trap trap = proxy.onClientSending("COMMIT").cutAfter();
        Result result = Orders.attempt(dedup, key, tx -> Orders.save(tx, key));
        trap.awaitSprung(Duration.ofSeconds(5));
        assertThat(result.outcome()).isEqualTo(Outcome.UNKNOWN);
        assertThat(result.cause()).isNotNull();
        assertThat(orders.effectsOf(key)).isOne();
        assertThat(Orders.attempt(dedup, key, tx -> Orders.save(tx, key)).outcome())
                .isEqualTo(Outcome.DUPLICATE);
        assertThat(orders.effectsOf(key)).isOne();
    }

    @Test
    void theServerDidNotCommitAndTheRedeliveryIsProcessed() throws InterruptedException {
        Trap trap = proxy.onClientSending("COMMIT").cutBefore();
        assertThat(Orders.attempt(dedup, key, tx -> Orders.save(tx, key)).outcome())
                .isEqualTo(Outcome.UNKNOWN);
        trap.awaitSprung(Duration.ofSeconds(5));
        assertThat(orders.effectsOf(key)).isZero();
        assertThat(Orders.attempt(dedup, key, tx -> Orders.save(tx, key)).outcome())
                .isEqualTo(Outcome.PROCESSED);
        assertThat(orders.effectsOf(key)).isOne();
    }

    @Test
    void aConnectionThatBreaksInTheHandlerIsNoFailureOfTheHandler() {
        Result result = Orders.attempt(dedup, key, tx -> {
            proxy.cut();
            Orders.save(tx, key);
        });
        assertThat(result.outcome()).isEqualTo(Outcome.UNAVAILABLE);
        assertThat(orders.effectsOf(key) + orders.keysOf(key)).isZero();
    }

    @Test
    void aConnectionThatBreaksAtTheClaimIsNoFailureOfTheHandler() throws InterruptedException {
        Trap trap = proxy.onClientSending("INSERT INTO").cutBefore();
        assertThat(Orders.attempt(dedup, key, tx -> Orders.save(tx, key)).outcome())
                .isEqualTo(Outcome.UNAVAILABLE);
        trap.awaitSprung(Duration.ofSeconds(5));
        assertThat(orders.effectsOf(key) + orders.keysOf(key)).isZero();
    }

    /** A deferred constraint is judged at COMMIT: an error, but a certain one. */
    @Test
    void aCommitThatTheServerRefusesIsAFailureAndNotUnknown() {
        orders.execute("CREATE TABLE parents (id int PRIMARY KEY)");
        orders.execute("CREATE TABLE children (parent int REFERENCES parents DEFERRABLE INITIALLY DEFERRED)");
        Result result = Orders.attempt(dedup, key, tx -> {
            try (var insert = tx.createStatement()) {
                insert.execute("INSERT INTO children VALUES (1)");
            }
        });
        assertThat(result.outcome()).isEqualTo(Outcome.FAILED);
        assertThat(result.cause()).hasMessageContaining("refused to commit");
        assertThat(orders.keysOf(key)).isZero();
    }
}
