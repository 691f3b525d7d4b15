package io.dedup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.rabbitmq.client.Channel;
import io.dedup.spring.Protection;
import io.dedup.test.Database;
import java.lang.reflect.Proxy;
import org.aopalliance.aop.Advice;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.springframework.amqp.AmqpException;
import org.springframework.amqp.core.Message;
import org.springframework.amqp.core.MessageProperties;
import org.springframework.aop.framework.ProxyFactory;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.DataSourceUtils;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.TransactionDefinition;
import org.springframework.transaction.support.DefaultTransactionDefinition;
import org.springframework.transaction.support.TransactionSynchronization;
import org.springframework.transaction.support.TransactionSynchronizationManager;
import org.springframework.transaction.support.TransactionTemplate;

/** As a listener's container uses it, but for the broker. */
@Timeout(60)
class SpringTest extends DedupContract {

    /** As the container's own. */
    public interface Listener {
        void invokeListener(Channel channel, Object data);
    }

    private final PlatformTransactionManager manager = new JdbcTransactionManager(orders.dataSource);
    private final JdbcTemplate jdbc = new JdbcTemplate(orders.dataSource);

    SpringTest(Database database) {
        super(database);
    }

    @Override
    Outcome deliver(MessageKey key, Work<Exception> work) throws Exception {
        Outcome[] outcome = new Outcome[1];
        Advice[] chain = Protection.of(dedup, manager, orders.dataSource)
                .consumer(key.consumer())
                .deadLetterByBroker()
                .listener(new DedupListener() {
                    @Override
                    public void onDelivery(Result result, boolean redelivered) {
                        outcome[0] = result.outcome();
                    }
                })
                .around();
        Listener listener = (channel, data) -> {
            try {
                work.run(DataSourceUtils.getConnection(orders.dataSource));
            } catch (Exception e) { // as containers do
                throw failed(e, (Message) data);
            }
        };
        ProxyFactory factory = new ProxyFactory();
        factory.addInterface(Listener.class);
        factory.setTarget(listener);
        for (Advice advice : chain) {
            factory.addAdvice(advice);
        }
        MessageProperties properties = new MessageProperties();
        properties.setMessageId(key.messageId());
        try {
            ((Listener) factory.getProxy()).invokeListener(open(), new Message(new byte[0], properties));
        } catch (AmqpException e) {
            if (e.getCause() instanceof Error error) {
                throw error;
            }
            throw (Exception) e.getCause();
        }
        return outcome[0];
    }

    @SuppressWarnings("removal") // its successor is not there before spring-rabbit 4.1
    private static AmqpException failed(Exception e, Message message) {
        return new org.springframework.amqp.rabbit.support.ListenerExecutionFailedException(
                "thrown by the listener", e, message);
    }

    private static Channel open() {
        return (Channel) Proxy.newProxyInstance(
                SpringTest.class.getClassLoader(),
                new Class<?>[] {Channel.class},
                (proxy, method, arguments) -> method.getName().equals("isOpen") ? true : null);
    }

    @Test
    void whatANestedTransactionMarkedRollbackOnlyIsAFailureThatSaysSo() {
        MessageKey key = Orders.newKey();
        assertThatThrownBy(() -> deliver(key, tx -> {
                    Orders.save(tx, key);
                    try {
                        new TransactionTemplate(manager).executeWithoutResult(status -> {
                            throw new IllegalStateException("nested");
                        });
                    } catch (IllegalStateException caught) {
                        // as handlers do
                    }
                }))
                .isInstanceOf(DedupException.class)
                .hasMessageContaining("marked rollback-only")
                .extracting(e -> ((DedupException) e).outcome())
                .isEqualTo(Outcome.FAILED);
        assertThat(orders.effectsOf(key) + orders.keysOf(key)).isZero();
    }

    /** Trap 1, at the last moment. */
    @Test
    void aSqlErrorThatABeforeCommitCallbackSwallowedIsAFailureToo() {
        MessageKey key = Orders.newKey();
        assertThatThrownBy(() -> deliver(key, tx -> {
                    Orders.save(tx, key);
                    TransactionSynchronizationManager.registerSynchronization(new TransactionSynchronization() {
                        @Override
                        public void beforeCommit(boolean readOnly) {
                            try {
                                jdbc.execute("INSERT INTO no_such_table VALUES (1)");
                            } catch (RuntimeException swallowed) {
                                // as callbacks do
                            }
                        }
                    });
                }))
                .isInstanceOf(DedupException.class)
                .hasMessageContaining("swallowed an SQLException");
        assertThat(orders.effectsOf(key) + orders.keysOf(key)).isZero();
    }

    @Test
    void aCallbackThatFailsBeforeTheCommitIsAFailureAndNoRiddle() {
        MessageKey key = Orders.newKey();
        assertThatThrownBy(() -> deliver(key, tx -> {
                    Orders.save(tx, key);
                    TransactionSynchronizationManager.registerSynchronization(new TransactionSynchronization() {
                        @Override
                        public void beforeCommit(boolean readOnly) {
                            throw new IllegalStateException("not today");
                        }
                    });
                }))
                .isInstanceOf(DedupException.class)
                .hasMessageContaining("not today")
                .extracting(e -> ((DedupException) e).outcome())
                .isEqualTo(Outcome.FAILED);
        assertThat(orders.effectsOf(key) + orders.keysOf(key)).isZero();
    }

    @Test
    void aCallbackThatFailsAfterTheCommitChangesNothing() throws Exception {
        MessageKey key = Orders.newKey();
        Outcome outcome = deliver(key, tx -> {
            Orders.save(tx, key);
            TransactionSynchronizationManager.registerSynchronization(new TransactionSynchronization() {
                @Override
                public void afterCommit() {
                    throw new IllegalStateException("too late");
                }
            });
        });
        assertThat(outcome).isEqualTo(Outcome.PROCESSED);
        assertThat(orders.effectsOf(key)).isOne();
    }

    @Test
    void aDeferredConstraintIsTheHandlersFailure() {
        orders.execute("CREATE TABLE IF NOT EXISTS deferred (id int UNIQUE DEFERRABLE INITIALLY DEFERRED)");
        orders.execute("INSERT INTO deferred VALUES (1)");
        MessageKey key = Orders.newKey();
        assertThatThrownBy(() -> deliver(key, tx -> jdbc.execute("INSERT INTO deferred VALUES (1)")))
                .isInstanceOf(DedupException.class)
                .hasMessageContaining("refused to commit")
                .extracting(e -> ((DedupException) e).outcome())
                .isEqualTo(Outcome.FAILED);
        assertThat(orders.keysOf(key)).isZero();
    }

    @Test
    void aHandlerCanMakeSureThatItIsProtected() throws Exception {
        assertThatThrownBy(Dedup::assertActive).hasMessageContaining("outside a message's transaction");
        assertThat(deliver(Orders.newKey(), tx -> Dedup.assertActive())).isEqualTo(Outcome.PROCESSED);
        TransactionTemplate apart = new TransactionTemplate(
                manager, new DefaultTransactionDefinition(TransactionDefinition.PROPAGATION_REQUIRES_NEW));
        assertThatThrownBy(() ->
                        deliver(Orders.newKey(), tx -> apart.executeWithoutResult(status -> Dedup.assertActive())))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("in another transaction than its message");
        assertThatThrownBy(Dedup::assertActive).hasMessageContaining("outside a message's transaction");
    }
}
