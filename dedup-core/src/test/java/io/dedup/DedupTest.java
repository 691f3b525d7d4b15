package io.dedup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.dedup.spi.KeyedWork;
import io.dedup.spi.OpenTransaction;
import io.dedup.test.Database;
import io.dedup.test.ServersExtension;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(ServersExtension.class)
@Timeout(60)
class DedupTest {

    private final Orders orders;
    private final Deduplicator dedup;

    DedupTest(Database database) {
        this.orders = Orders.in(database);
        this.dedup = Deduplicator.create(orders.dataSource);
    }

    private static void assertInactive() {
        assertThatThrownBy(Dedup::assertActive)
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("outside a message's transaction")
                .hasMessageContaining("Call it from a protected handler");
    }

    @Test
    void aHandlerKnowsThatItIsInItsMessagesTransaction() {
        assertInactive();
        assertThat(dedup.process(Orders.newKey(), tx -> Dedup.assertActive())).isEqualTo(Outcome.PROCESSED);
        assertInactive();
        assertThat(dedup.engine()
                        .groups(10)
                        .attempt(List.of(
                                new KeyedWork(Orders.newKey(), null, tx -> Dedup.assertActive()),
                                new KeyedWork(Orders.newKey(), null, tx -> Dedup.assertActive()))))
                .extracting(Result::outcome)
                .containsOnly(Outcome.PROCESSED);
        assertInactive();
    }

    @Test
    void itEndsWithTheHandlerHoweverThatEnds() {
        assertThatThrownBy(() -> dedup.process(Orders.newKey(), tx -> {
                    throw new AssertionError("the handler's");
                }))
                .isInstanceOf(AssertionError.class);
        assertInactive();
    }

    @Test
    void anotherMessageInsideAHandlerLeavesTheOuterOneActive() {
        dedup.process(Orders.newKey(), tx -> {
            dedup.process(Orders.newKey(), inner -> Dedup.assertActive());
            Dedup.assertActive();
        });
        assertInactive();
    }

    @Test
    void anotherThreadIsOutside() {
        dedup.process(
                Orders.newKey(),
                tx -> assertThatThrownBy(() -> Orders.onItsOwnThread(() -> {
                                    Dedup.assertActive();
                                    return true;
                                })
                                .join())
                        .isInstanceOf(CompletionException.class)
                        .hasMessageContaining("outside a message's transaction"));
    }

    @Test
    void aTransactionThatAFrameworkHasSuspendedIsNotTheOneThatIsWrittenTo() {
        AtomicBoolean suspended = new AtomicBoolean();
        Result result = dedup.engine()
                .in(() -> suspendable(orders.dataSource.getConnection(), suspended))
                .attempt(new KeyedWork(Orders.newKey(), null, tx -> {
                    assertThatCode(Dedup::assertActive).doesNotThrowAnyException();
                    suspended.set(true);
                    assertThatThrownBy(Dedup::assertActive)
                            .isInstanceOf(IllegalStateException.class)
                            .hasMessageContaining("REQUIRES_NEW");
                }));
        assertThat(result.outcome()).isEqualTo(Outcome.PROCESSED);
    }

    private static OpenTransaction suspendable(Connection connection, AtomicBoolean suspended) throws SQLException {
        connection.setAutoCommit(false);
        return new OpenTransaction() {
            @Override
            public Connection connection() {
                return connection;
            }

            @Override
            public void commit() throws SQLException {
                connection.commit();
                connection.close();
            }

            @Override
            public void rollback() throws SQLException {
                connection.rollback();
                connection.close();
            }

            @Override
            public boolean isSuspended() {
                return suspended.get();
            }
        };
    }
}
