package io.dedup.spring;

import java.sql.Connection;
import org.hibernate.engine.spi.SharedSessionContractImplementor;
import org.hibernate.resource.transaction.spi.TransactionCoordinator;
import org.hibernate.resource.transaction.spi.TransactionObserver;
import org.jspecify.annotations.Nullable;
import org.springframework.orm.jpa.EntityManagerHolder;
import org.springframework.transaction.support.TransactionSynchronizationManager;

/**
 * Hibernate flushes and runs hooks inside its commit, after all of Spring's synchronizations. This comes after its hooks
 * too; what it throws has Hibernate roll back. Of its own, so that it is loaded only where Hibernate is.
 */
final class HibernateCommit {

    private final TransactionCoordinator coordinator;
    private final Last last;

    private HibernateCommit(TransactionCoordinator coordinator, Runnable last) {
        this.coordinator = coordinator;
        this.last = new Last(last);
        coordinator.addObserver(this.last);
    }

    /** To be forgotten after the commit. Null if it is not Hibernate that commits the connection's transaction. */
    static @Nullable HibernateCommit on(Connection connection, Runnable last) {
        for (Object resource :
                TransactionSynchronizationManager.getResourceMap().values()) {
            if (resource instanceof EntityManagerHolder holder
                    && holder.getEntityManager() instanceof SharedSessionContractImplementor session
                    && isOn(connection, session)) {
                return new HibernateCommit(session.getTransactionCoordinator(), last);
            }
        }
        return null;
    }

    private static boolean isOn(Connection connection, SharedSessionContractImplementor session) {
        var logical = session.getJdbcCoordinator().getLogicalConnection();
        return session.isTransactionInProgress()
                && logical.isPhysicallyConnected()
                && logical.getPhysicalConnection() == connection;
    }

    /** The session may serve another transaction. */
    void forget() {
        coordinator.removeObserver(last);
    }

    private record Last(Runnable run) implements TransactionObserver {

        @Override
        public void afterBegin() {}

        @Override
        public void beforeCompletion() {
            run.run();
        }

        @Override
        public void afterCompletion(boolean successful, boolean delayed) {}
    }
}
