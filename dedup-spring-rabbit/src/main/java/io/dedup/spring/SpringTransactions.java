package io.dedup.spring;

import static java.util.Objects.requireNonNull;

import io.dedup.DedupException;
import io.dedup.Deduplicator;
import io.dedup.Outcome;
import io.dedup.spi.OpenTransaction;
import io.dedup.spi.TransactionSource;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.concurrent.atomic.AtomicBoolean;
import javax.sql.DataSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.jdbc.datasource.DataSourceUtils;
import org.springframework.jdbc.datasource.TransactionAwareDataSourceProxy;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.TransactionDefinition;
import org.springframework.transaction.TransactionException;
import org.springframework.transaction.TransactionStatus;
import org.springframework.transaction.support.DefaultTransactionDefinition;
import org.springframework.transaction.support.TransactionSynchronizationManager;

/**
 * Processes messages in transactions of a Spring {@link PlatformTransactionManager}, so that whatever a handler writes
 * with Spring's help (JdbcTemplate, JPA, jOOQ, MyBatis, {@code @Transactional} methods) takes part.
 *
 * <ol>
 *   <li>begin a Spring transaction, and claim on its connection
 *   <li>the handler writes on that connection too, as Spring binds it to the thread
 *   <li>commit: refuse if a nested {@code @Transactional} has marked it rollback-only; let Spring's synchronizations
 *       run and JPA flush; check last that the transaction is sound; commit
 * </ol>
 *
 * What leaves the transaction is not protected: {@code REQUIRES_NEW} and {@code NOT_SUPPORTED} (a warning tells of the
 * first time), other threads, other DataSources. Thread-safe.
 *
 * @see io.dedup.spi.Engine#in(TransactionSource)
 */
public final class SpringTransactions implements TransactionSource {

    private static final Logger log = LoggerFactory.getLogger(SpringTransactions.class);

    private final PlatformTransactionManager manager;
    private final DataSource dataSource;
    private final Deduplicator health;
    private final AtomicBoolean warned = new AtomicBoolean();

    /**
     * Does no I/O.
     *
     * @param manager whose transactions the handlers' writes are in, such as a JdbcTransactionManager or a
     *     JpaTransactionManager
     * @param dataSource the deduplicator's, and the one that the manager works on
     */
    public SpringTransactions(PlatformTransactionManager manager, DataSource dataSource) {
        this.manager = requireNonNull(manager, "manager");
        this.dataSource = target(requireNonNull(dataSource, "dataSource"));
        this.health = Deduplicator.create(this.dataSource);
    }

    /** What transaction managers bind connections to. */
    private static DataSource target(DataSource dataSource) {
        return dataSource instanceof TransactionAwareDataSourceProxy proxy && proxy.getTargetDataSource() != null
                ? proxy.getTargetDataSource()
                : dataSource;
    }

    /**
     * Begins one, apart from any that the thread is in.
     *
     * @throws DedupException if it is not on the DataSource, or cannot be written in
     */
    @Override
    public OpenTransaction begin() throws SQLException {
        TransactionStatus status = manager.getTransaction(
                new DefaultTransactionDefinition(TransactionDefinition.PROPAGATION_REQUIRES_NEW));
        try {
            MessageTransaction transaction =
                    new MessageTransaction(manager, status, connection(), health, this::warnOfSuspension);
            transaction.bind();
            return transaction;
        } catch (SQLException | RuntimeException | Error e) {
            undo(status, e);
            throw e;
        }
    }

    private Connection connection() throws SQLException {
        if (!TransactionSynchronizationManager.hasResource(dataSource)) {
            throw refusal(
                    "the transactions of " + manager.getClass().getSimpleName()
                            + " are not on the deduplicator's DataSource, so the message's key and the handler's writes"
                            + " could not share one",
                    "give both the same DataSource bean (a JpaTransactionManager: that of its EntityManagerFactory)");
        }
        Connection connection = DataSourceUtils.getConnection(dataSource);
        DataSourceUtils.releaseConnection(connection, dataSource); // counted back; it stays bound to the transaction
        if (connection.getAutoCommit()) {
            throw refusal(
                    "the transaction manager leaves its connection in autocommit mode, so no two writes can share a"
                            + " transaction",
                    "where Hibernate is told that the pool disables autocommit"
                            + " (hibernate.connection.provider_disables_autocommit), let the pool do so");
        }
        if (connection.isReadOnly()) {
            throw refusal(
                    "the transaction manager's connections are read-only; the message's key could not be written",
                    "give the library a DataSource for writing (in HikariCP: readOnly=false)");
        }
        return connection;
    }

    private void undo(TransactionStatus status, Throwable original) {
        try {
            manager.rollback(status);
        } catch (TransactionException e) {
            original.addSuppressed(e);
        }
    }

    private void warnOfSuspension() {
        if (warned.compareAndSet(false, true)) {
            log.warn(
                    "a handler works outside its message's transaction (REQUIRES_NEW, NOT_SUPPORTED, or another"
                            + " transaction manager): what it writes there happens at least once, not exactly once, and"
                            + " may take a second connection. Said once",
                    new IllegalStateException("the transaction was suspended here"));
        }
    }

    private static DedupException refusal(String what, String action) {
        return new DedupException(Outcome.UNAVAILABLE, what, action, null);
    }
}
