package io.dedup.bench;

import org.springframework.jdbc.core.ConnectionCallback;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * Spring's transactions on a contestant's pool.
 *
 * @param manager begins and commits
 * @param template runs a block in one
 * @param jdbc works on the current one's connection
 */
record SpringTransactions(JdbcTransactionManager manager, TransactionTemplate template, JdbcTemplate jdbc) {

    static SpringTransactions on(Arena arena) {
        JdbcTransactionManager manager = new JdbcTransactionManager(arena.pool());
        return new SpringTransactions(manager, new TransactionTemplate(manager), new JdbcTemplate(arena.pool()));
    }

    /** The business write, in the current transaction. */
    void write(Work work, byte[] body) {
        Order order = Order.fromJson(body);
        jdbc.execute((ConnectionCallback<Boolean>) tx -> {
            work.one(tx, order);
            return true;
        });
    }
}
