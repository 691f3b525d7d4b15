package io.dedup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.dedup.test.Database;
import java.sql.Connection;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** As a caller with a transaction of its own uses it. */
class JoinedTransactionTest extends DedupContract {

    JoinedTransactionTest(Database database) {
        super(database);
    }

    @Override
    Outcome deliver(MessageKey key, Work<Exception> work) throws Exception {
        try (Connection tx = orders.dataSource.getConnection()) {
            tx.setAutoCommit(false);
            try {
                if (!dedup.claim(tx, key)) {
                    return Outcome.DUPLICATE;
                }
                work.run(tx);
                dedup.checkBeforeCommit(tx);
                tx.commit();
                return Outcome.PROCESSED;
            } finally {
                tx.rollback();
            }
        }
    }

    @Test
    void aClaimOutsideATransactionIsRefused() throws Exception {
        try (Connection autocommit = orders.dataSource.getConnection()) {
            assertThatThrownBy(() -> dedup.claim(autocommit, Orders.newKey()))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("begin a transaction first");
        }
    }

    @Test
    void severalKeysAreClaimedInOneStatementAndOnlyTheNewOnesComeBack() throws Exception {
        MessageKey old = Orders.newKey();
        MessageKey fresh = Orders.newKey();
        dedup.process(old, tx -> {});
        try (Connection tx = orders.dataSource.getConnection()) {
            tx.setAutoCommit(false);
            assertThat(dedup.claimAll(tx, List.of(fresh, old, fresh))).containsExactly(fresh);
            assertThat(dedup.claimAll(tx, List.of(old, fresh))).isEmpty();
            assertThat(dedup.claimAll(tx, Set.of())).isEmpty();
            tx.commit();
        }
        assertThat(orders.keysOf(fresh)).isOne();
    }

    @Test
    void aBusyKeyIsToldByTheExceptionsOutcome() throws Exception {
        MessageKey key = Orders.newKey();
        try (Connection first = orders.dataSource.getConnection();
                Connection second = orders.dataSource.getConnection()) {
            first.setAutoCommit(false);
            second.setAutoCommit(false);
            dedup.claim(first, key);
            assertThatThrownBy(() -> dedup.claim(second, key))
                    .isInstanceOf(DedupException.class)
                    .extracting(e -> ((DedupException) e).outcome())
                    .isEqualTo(Outcome.BUSY);
        }
    }
}
