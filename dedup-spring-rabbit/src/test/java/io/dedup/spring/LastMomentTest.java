package io.dedup.spring;

import static io.dedup.rabbit.Shop.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import io.dedup.Outcome;
import io.dedup.spi.OpenTransaction;
import io.dedup.test.RequiresRabbitMq;
import jakarta.persistence.EntityManagerFactory;
import java.io.File;
import java.io.IOException;
import java.lang.reflect.Constructor;
import java.lang.reflect.Method;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.stream.Stream;
import javax.sql.DataSource;
import org.hibernate.Interceptor;
import org.hibernate.Session;
import org.hibernate.Transaction;
import org.hibernate.engine.spi.SessionImplementor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.amqp.core.Message;
import org.springframework.dao.DataAccessException;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.orm.jpa.EntityManagerFactoryUtils;
import org.springframework.orm.jpa.JpaTransactionManager;
import org.springframework.orm.jpa.LocalContainerEntityManagerFactoryBean;
import org.springframework.orm.jpa.persistenceunit.PersistenceManagedTypes;
import org.springframework.orm.jpa.vendor.HibernateJpaVendorAdapter;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.support.TransactionSynchronization;
import org.springframework.transaction.support.TransactionSynchronizationManager;

/** Trap 1 again: what aborts the transaction between the handler's return and the commit, where Spring or Hibernate swallow it. */
@Timeout(60)
class LastMomentTest extends WithListening {

    private final AtomicInteger runs = new AtomicInteger();
    private final List<Integer> endings = new CopyOnWriteArrayList<>();

    static class Orders {
        private final Consumer<Message> handler;

        Orders(Consumer<Message> handler) {
            this.handler = handler;
        }

        @DedupRabbitListener(queues = "${queue}")
        void on(Message message) {
            handler.accept(message);
        }
    }

    /** What a handler does, and in its first run something more. */
    private void start(Runnable firstTime) {
        listening.start(new Orders(message -> {
            listening.save(message.getMessageProperties().getMessageId());
            TransactionSynchronizationManager.registerSynchronization(new TransactionSynchronization() {
                @Override
                public void afterCompletion(int status) {
                    endings.add(status);
                }
            });
            if (runs.incrementAndGet() == 1) {
                firstTime.run();
            }
        }));
    }

    private void assertAMessageTakesEffectAtRun(int run) throws Exception {
        shop.publish("1");
        eventually().until(() -> runs.get() >= run && shop.keys() == 1);
        listening.assertQueueEmptyAfterStop();
        assertThat(runs).hasValue(run);
        assertThat(shop.effects()).isOne();
        assertThat(endings).hasSize(run).endsWith(TransactionSynchronization.STATUS_COMMITTED);
        assertThat(endings.subList(0, run - 1)).doesNotContain(TransactionSynchronization.STATUS_COMMITTED);
        assertThat(listening.outcomes(Outcome.FAILED)).isEqualTo(run - 1);
    }

    private void brokenSql() {
        listening.context.getBean(JdbcTemplate.class).execute("INSERT INTO no_such_table VALUES (1)");
    }

    private static TransactionSynchronization atCompletion(Runnable step) {
        return new TransactionSynchronization() {
            @Override
            public void beforeCompletion() {
                step.run();
            }
        };
    }

    /** What Spring calls last of all before it commits: those that are registered when it has begun. */
    private static TransactionSynchronization lateOne(Runnable step) {
        return new TransactionSynchronization() {
            @Override
            public void beforeCommit(boolean readOnly) {
                TransactionSynchronizationManager.registerSynchronization(atCompletion(step));
            }
        };
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aSynchronizationThatFailsInSqlBeforeTheCompletionIsNotAcked(boolean late) throws Exception {
        start(() -> TransactionSynchronizationManager.registerSynchronization(
                late ? lateOne(this::brokenSql) : atCompletion(this::brokenSql)));
        assertAMessageTakesEffectAtRun(2);
    }

    /** Spring swallows it, and commits. */
    @Test
    void aSynchronizationThatFailsOtherwiseBeforeTheCompletionChangesNothing() throws Exception {
        start(() -> TransactionSynchronizationManager.registerSynchronization(atCompletion(() -> {
            throw new IllegalStateException("a listener of the transaction's");
        })));
        assertAMessageTakesEffectAtRun(1);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void soItIsWithHibernate(boolean late) throws Exception {
        useHibernate(new Interceptor() {});
        aSynchronizationThatFailsInSqlBeforeTheCompletionIsNotAcked(late);
    }

    /** Hibernate swallows what its interceptor throws. */
    @Test
    void anInterceptorOfHibernatesThatFailsInSqlIsNotAcked() throws Exception {
        useHibernate(new Interceptor() {
            @Override
            public void beforeTransactionCompletion(Transaction transaction) {
                if (runs.get() == 1) {
                    brokenSql();
                }
            }
        });
        start(() -> {});
        assertAMessageTakesEffectAtRun(2);
    }

    @Test
    void aHookOfHibernatesThatFailsInSqlIsNotAcked() throws Exception {
        useHibernate(new Interceptor() {});
        start(() -> SpringLine.beforeCommit(session(), this::brokenSql));
        assertAMessageTakesEffectAtRun(2);
    }

    @Test
    void aHookOfHibernatesThatSwallowsItsFailureInSqlIsNotAcked() throws Exception {
        useHibernate(new Interceptor() {});
        start(() -> SpringLine.beforeCommit(session(), () -> {
            try {
                brokenSql();
            } catch (DataAccessException swallowed) {
                // as hooks do
            }
        }));
        assertAMessageTakesEffectAtRun(2);
    }

    /** Without an SQLState it would look like a commit whose answer was lost, and come again for ever. */
    @Test
    @RequiresRabbitMq // where what is rejected does not come again
    void aHookOfHibernatesThatFailsWithoutSqlIsTheHandlersFailure() throws Exception {
        useHibernate(new Interceptor() {});
        listening
                .with(protection -> protection.maxAttempts(2))
                .start(new Orders(message -> SpringLine.beforeCommit(session(), () -> {
                    throw new IllegalStateException("a hook");
                })));
        shop.publish("1");
        eventually().until(() -> listening.results.size() >= 2);
        listening.assertQueueEmptyAfterStop();
        assertThat(listening.results)
                .extracting(result -> result.outcome())
                .containsExactly(Outcome.FAILED, Outcome.FAILED);
        assertThat(shop.keys()).isZero();
    }

    /** It is optional. */
    @Test
    void transactionsOfJdbcDoWithoutHibernate() throws Exception {
        try (URLClassLoader without = new WithoutHibernate()) {
            Object manager = without.loadClass(JdbcTransactionManager.class.getName())
                    .getConstructor(DataSource.class)
                    .newInstance(shop.pool);
            Constructor<?> constructor = without.loadClass(SpringTransactions.class.getName())
                    .getDeclaredConstructor(
                            without.loadClass(PlatformTransactionManager.class.getName()), DataSource.class);
            constructor.setAccessible(true);
            Object transactions = constructor.newInstance(manager, shop.pool);
            Method begin = transactions.getClass().getMethod("begin");
            begin.setAccessible(true);
            Object transaction = begin.invoke(transactions);
            without.loadClass(OpenTransaction.class.getName())
                    .getMethod("commit")
                    .invoke(transaction);
            assertThat(transactions.getClass().getClassLoader()).isSameAs(without);
        }
    }

    private static final class WithoutHibernate extends URLClassLoader {

        WithoutHibernate() throws IOException {
            super(classPath(), ClassLoader.getPlatformClassLoader());
        }

        private static URL[] classPath() throws IOException {
            List<URL> urls = new ArrayList<>();
            for (String entry : System.getProperty("java.class.path").split(File.pathSeparator, -1)) {
                urls.add(Path.of(entry).toUri().toURL());
            }
            return urls.toArray(new URL[0]);
        }

        @Override
        protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
            if (Stream.of("org.hibernate.", "org.springframework.orm.", "jakarta.persistence.")
                    .anyMatch(name::startsWith)) {
                throw new ClassNotFoundException(name);
            }
            return super.loadClass(name, resolve);
        }
    }

    private SessionImplementor session() {
        EntityManagerFactory factory = listening.context.getBean(EntityManagerFactory.class);
        return (SessionImplementor)
                EntityManagerFactoryUtils.getTransactionalEntityManager(factory).unwrap(Session.class);
    }

    private void useHibernate(Interceptor interceptor) {
        listening.context.registerBean("entityManagerFactory", LocalContainerEntityManagerFactoryBean.class, () -> {
            var factory = new LocalContainerEntityManagerFactoryBean();
            factory.setDataSource(shop.pool);
            factory.setJpaVendorAdapter(new HibernateJpaVendorAdapter());
            factory.setManagedTypes(PersistenceManagedTypes.of(new String[0]));
            factory.setJpaPropertyMap(Map.of("hibernate.session_factory.interceptor", interceptor));
            return factory;
        });
        listening.manager(() -> new JpaTransactionManager(listening.context.getBean(EntityManagerFactory.class)));
    }
}
