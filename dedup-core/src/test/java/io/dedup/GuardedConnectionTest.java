package io.dedup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.dedup.test.Database;
import io.dedup.test.ServersExtension;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.sql.Statement;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.postgresql.PGConnection;
import org.postgresql.core.BaseConnection;

/** Trap 6: a handler must not end the transaction that it shares with the claim. */
@ExtendWith(ServersExtension.class)
class GuardedConnectionTest {

    private final Orders orders;
    private final Deduplicator dedup;
    private final MessageKey key = Orders.newKey();

    GuardedConnectionTest(Database database) {
        this.orders = Orders.in(database);
        this.dedup = Deduplicator.create(orders.dataSource);
    }

    enum Breach {
        COMMIT(Connection::commit),
        ROLLBACK(Connection::rollback),
        CLOSE(Connection::close),
        ABORT(tx -> tx.abort(Runnable::run)),
        AUTOCOMMIT(tx -> tx.setAutoCommit(true)),
        SCHEMA(tx -> tx.setSchema("public")),
        COMMIT_OF_A_STATEMENTS_CONNECTION(
                tx -> tx.createStatement().getConnection().commit()),
        COMMIT_OF_A_PREPARED_STATEMENTS_CONNECTION(
                tx -> tx.prepareStatement("SELECT 1").getConnection().commit()),
        COMMIT_OF_METADATAS_CONNECTION(tx -> tx.getMetaData().getConnection().commit()),
        COMMIT_AS_SQL(tx -> tx.createStatement().execute("COMMIT")),
        COMMIT_BEHIND_ANOTHER_STATEMENT(tx -> tx.createStatement().executeUpdate("DELETE FROM orders; COMMIT", 1)),
        ROLLBACK_IN_A_BATCH(tx -> tx.createStatement().addBatch("ROLLBACK")),
        END_PREPARED(tx -> tx.prepareStatement("END", new String[0])),
        ABORT_PREPARED_AS_A_CALL(tx -> tx.prepareCall("ABORT")),
        COMMIT_OF_THE_UNWRAPPED(tx -> tx.unwrap(Connection.class).commit());

        final Work<SQLException> call;

        Breach(Work<SQLException> call) {
            this.call = call;
        }
    }

    @ParameterizedTest
    @EnumSource
    void aHandlerThatEndsTheTransactionFailsAndLeavesNothing(Breach breach) {
        assertThatThrownBy(() -> dedup.process(key, tx -> {
                    Orders.save(tx, key);
                    breach.call.run(tx);
                }))
                .isInstanceOf(SQLException.class)
                .hasMessageMatching("(?s).*(not the handler's to call|would stay on the pooled connection).*");
        assertThat(orders.effectsOf(key) + orders.keysOf(key)).isZero();
    }

    @Test
    void aHandlerThatEndsTheTransactionBehindTheGuardsBackIsFoundOut() {
        Result result = Orders.attempt(dedup, key, tx -> {
            try (Statement statement = tx.unwrap(BaseConnection.class).createStatement()) {
                statement.execute("ROLLBACK");
            }
        });
        assertThat(result.outcome()).isEqualTo(Outcome.FAILED);
        assertThat(result.cause()).hasMessageContaining("ended the message's transaction itself");
    }

    @Test
    void aConnectionKeptBeyondTheHandlerIsOfNoUse() throws SQLException {
        AtomicReference<Connection> kept = new AtomicReference<>();
        dedup.process(key, kept::set);
        assertThatThrownBy(() -> kept.get().createStatement()).hasMessageContaining("the handler has returned");
        assertThat(kept.get().isClosed()).isTrue();
    }

    @Test
    void everythingElseWorks() throws SQLException {
        dedup.process(key, tx -> {
            Savepoint before = tx.setSavepoint();
            try (Statement statement = tx.createStatement()) {
                statement.execute("INSERT INTO no_such_table VALUES (1)");
            } catch (SQLException expected) {
                tx.rollback(before);
            }
            assertThat(tx.unwrap(PGConnection.class).getBackendPID()).isPositive();
            assertThat(tx.getAutoCommit()).isFalse();
            assertThat(tx.equals(tx)).isTrue();
            assertThat(tx).hasToString(tx.toString());
            try (Statement savepoint = tx.createStatement()) {
                savepoint.execute("SAVEPOINT own; ROLLBACK TO SAVEPOINT own; RELEASE own");
            }
            try (PreparedStatement insert =
                    tx.prepareStatement("INSERT INTO orders (message_id) VALUES (?) RETURNING effects")) {
                insert.setString(1, key.messageId());
                try (ResultSet row = insert.executeQuery()) {
                    assertThat(row.next()).isTrue();
                }
            }
        });
        assertThat(orders.effectsOf(key)).isOne();
    }
}
