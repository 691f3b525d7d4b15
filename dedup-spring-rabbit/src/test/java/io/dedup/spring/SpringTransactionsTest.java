package io.dedup.spring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.dedup.Deduplicator;
import io.dedup.MessageKey;
import io.dedup.Outcome;
import io.dedup.Result;
import io.dedup.rabbit.WithShop;
import io.dedup.spi.Engine;
import io.dedup.spi.KeyedWork;
import io.dedup.test.Database;
import java.sql.SQLException;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.support.TransactionSynchronizationManager;

@Timeout(60)
class SpringTransactionsTest extends WithShop {

    @Test
    void aTransactionManagerOnAnotherDataSourceIsRefused(Database other) {
        SpringTransactions elsewhere =
                new SpringTransactions(new JdbcTransactionManager(other.dataSource()), shop.pool);
        assertThatThrownBy(elsewhere::begin).hasMessageContaining("not on the deduplicator's DataSource");
        assertThat(TransactionSynchronizationManager.isActualTransactionActive())
                .isFalse();
    }

    /** Trap 5, as Spring does it: its clean-up commits what a failed rollback has left. */
    @Test
    void aRollbackThatFailsDoesNotEndInACommit() {
        MessageKey key = new MessageKey(shop.queue, "1");
        DataSource flaky = new FailingRollback(shop.pool).dataSource();
        Engine onFlaky = Deduplicator.create(flaky)
                .engine()
                .in(new SpringTransactions(new JdbcTransactionManager(flaky), flaky));
        SQLException declined = new SQLException("card declined");
        Result result = onFlaky.attempt(new KeyedWork(key, null, null, tx -> {
            shop.save(tx, "1");
            throw declined;
        }));
        assertThat(result.cause()).isSameAs(declined);
        assertThat(result.outcome()).isEqualTo(Outcome.UNAVAILABLE);
        assertThat(shop.effects() + shop.keys()).isZero();
    }
}
