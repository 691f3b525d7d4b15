package io.dedup;

import static org.assertj.core.api.Assertions.assertThat;

import io.dedup.test.Database;
import io.dedup.test.ServersExtension;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Trap 1, for pgjdbc and for drivers that do not tell. */
@ExtendWith(ServersExtension.class)
class TransactionHealthTest {

    private final Orders orders;

    TransactionHealthTest(Database database) {
        this.orders = Orders.in(database);
    }

    @Test
    void bothWaysSeeAnAbortedTransaction() throws SQLException {
        try (Connection tx = orders.dataSource.getConnection()) {
            tx.setAutoCommit(false);
            assertThat(TransactionHealth.of(tx)).isEqualTo(TransactionHealth.ENDED);
            assertThat(TransactionHealth.byStatement(tx)).isEqualTo(TransactionHealth.OPEN);
            assertThat(TransactionHealth.of(tx)).isEqualTo(TransactionHealth.OPEN);
            try (Statement broken = tx.createStatement()) {
                broken.execute("SELECT 1 / 0");
            } catch (SQLException expected) {
                assertThat(expected.getSQLState()).isEqualTo("22012");
            }
            assertThat(TransactionHealth.of(tx)).isEqualTo(TransactionHealth.ABORTED);
            assertThat(TransactionHealth.byStatement(tx)).isEqualTo(TransactionHealth.ABORTED);
        }
    }
}
