package io.dedup;

import static org.assertj.core.api.Assertions.assertThat;

import io.dedup.test.Database;
import io.dedup.test.ServersExtension;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Trap 5: when even the rollback fails, nothing may commit the half-done work, and no pool may reuse the connection. */
@ExtendWith(ServersExtension.class)
class BrokenRollbackTest {

    private final Orders orders;
    private final List<String> calls = new ArrayList<>();
    private final MessageKey key = Orders.newKey();

    BrokenRollbackTest(Database database) {
        this.orders = Orders.in(database);
    }

    @Test
    void theOriginalExceptionWinsAndTheConnectionIsThrownAway() {
        IllegalStateException original = new IllegalStateException("the handler's");
        Result result = Orders.attempt(Deduplicator.create(withBrokenRollback()), key, tx -> {
            Orders.save(tx, key);
            throw original;
        });
        assertThat(result.cause()).isSameAs(original);
        assertThat(original.getSuppressed()).singleElement().isInstanceOf(SQLException.class);
        assertThat(calls).containsSubsequence("rollback", "abort", "close");
        assertThat(calls)
                .as("autocommit is not restored, for that would commit")
                .containsOnlyOnce("setAutoCommit");
        assertThat(orders.effectsOf(key) + orders.keysOf(key)).isZero();
    }

    /** Of what was written then, nobody knows whether it is committed. */
    @Test
    void anErrorOutOfACommitLeavesItUnknownAndTheConnectionIsThrownAway() {
        Result result = Orders.attempt(
                Deduplicator.create(failingIn("commit", () -> {
                    throw new StackOverflowError("in the driver");
                })),
                key,
                tx -> Orders.save(tx, key));
        assertThat(result.outcome()).isEqualTo(Outcome.UNKNOWN);
        assertThat(calls).containsSubsequence("commit", "abort", "close");
        assertThat(calls).containsOnlyOnce("setAutoCommit");
        assertThat(orders.effectsOf(key) + orders.keysOf(key)).isZero();
    }

    private DataSource withBrokenRollback() {
        return failingIn("rollback", () -> {
            throw new SQLException("no rollback today");
        });
    }

    @FunctionalInterface
    private interface Failure {
        void happen() throws SQLException;
    }

    private DataSource failingIn(String call, Failure failure) {
        return (DataSource) Proxy.newProxyInstance(
                getClass().getClassLoader(),
                new Class<?>[] {DataSource.class},
                (self, method, args) -> broken(orders.dataSource.getConnection(), call, failure));
    }

    private Connection broken(Connection real, String call, Failure failure) {
        return (Connection) Proxy.newProxyInstance(
                getClass().getClassLoader(), new Class<?>[] {Connection.class}, (self, method, args) -> {
                    calls.add(method.getName());
                    if (method.getName().equals(call)) {
                        failure.happen();
                    }
                    try {
                        return method.invoke(real, args);
                    } catch (InvocationTargetException e) {
                        throw e.getTargetException();
                    }
                });
    }
}
