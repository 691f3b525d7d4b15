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
        Result result = Deduplicator.create(withBrokenRollback()).attempt(key, tx -> {
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

    private DataSource withBrokenRollback() {
        return (DataSource) Proxy.newProxyInstance(
                getClass().getClassLoader(),
                new Class<?>[] {DataSource.class},
                (self, method, args) -> broken(orders.dataSource.getConnection()));
    }

    private Connection broken(Connection real) {
        return (Connection) Proxy.newProxyInstance(
                getClass().getClassLoader(), new Class<?>[] {Connection.class}, (self, method, args) -> {
                    calls.add(method.getName());
                    if (method.getName().equals("rollback")) {
                        throw new SQLException("no rollback today");
                    }
                    try {
                        return method.invoke(real, args);
                    } catch (InvocationTargetException e) {
                        throw e.getTargetException();
                    }
                });
    }
}
