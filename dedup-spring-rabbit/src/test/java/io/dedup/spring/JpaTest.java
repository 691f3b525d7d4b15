package io.dedup.spring;

import static io.dedup.rabbit.Shop.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import io.dedup.Dedup;
import io.dedup.Outcome;
import io.dedup.test.RequiresRabbitMq;
import jakarta.persistence.Entity;
import jakarta.persistence.EntityManager;
import jakarta.persistence.EntityManagerFactory;
import jakarta.persistence.Id;
import jakarta.persistence.PersistenceContext;
import jakarta.persistence.PrePersist;
import jakarta.persistence.Table;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiConsumer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.springframework.amqp.core.Message;
import org.springframework.orm.jpa.JpaTransactionManager;
import org.springframework.orm.jpa.LocalContainerEntityManagerFactoryBean;
import org.springframework.orm.jpa.persistenceunit.PersistenceManagedTypes;
import org.springframework.orm.jpa.vendor.HibernateJpaVendorAdapter;
import org.springframework.transaction.PlatformTransactionManager;

/** Handlers that write with Hibernate, in transactions of a JpaTransactionManager. */
@Timeout(60)
class JpaTest extends WithListening {

    private final AtomicInteger runs = new AtomicInteger();

    /** What Hibernate writes at the commit and not before. */
    @Entity
    @Table(name = "jpa_orders")
    static class JpaOrder {
        @Id
        private String id;

        protected JpaOrder() {}

        JpaOrder(String id) {
            this.id = id;
        }

        @PrePersist
        void check() {}
    }

    /** Whose flush fails without a word from the database. */
    @Entity
    @Table(name = "jpa_orders")
    static class Stubborn {
        @Id
        private String id;

        protected Stubborn() {}

        Stubborn(String id) {
            this.id = id;
        }

        @jakarta.persistence.PreUpdate
        void refuse() {
            throw new IllegalStateException("not in this state: " + id);
        }

        @jakarta.persistence.Column(name = "note")
        private String note;
    }

    static class Orders {
        @PersistenceContext
        private EntityManager entities;

        private final BiConsumer<EntityManager, Message> handler;

        Orders(BiConsumer<EntityManager, Message> handler) {
            this.handler = handler;
        }

        @DedupRabbitListener(queues = "${queue}")
        void on(Message message) {
            handler.accept(entities, message);
        }
    }

    @BeforeEach
    void open() throws Exception {
        shop.execute("CREATE TABLE IF NOT EXISTS jpa_orders (id text PRIMARY KEY, note text)");
        shop.execute("TRUNCATE jpa_orders");
        listening.context.registerBean("entityManagerFactory", LocalContainerEntityManagerFactoryBean.class, () -> {
            var factory = new LocalContainerEntityManagerFactoryBean();
            factory.setDataSource(shop.pool);
            factory.setJpaVendorAdapter(new HibernateJpaVendorAdapter());
            factory.setManagedTypes(PersistenceManagedTypes.of(JpaOrder.class.getName(), Stubborn.class.getName()));
            return factory;
        });
        listening.manager(() -> new JpaTransactionManager(listening.context.getBean(EntityManagerFactory.class)));
    }

    private long orders() {
        return shop.count("SELECT count(*) FROM jpa_orders");
    }

    @Test
    void entitiesAndOtherWritesShareTheMessagesTransaction() throws Exception {
        listening.start(new Orders((entities, message) -> {
            Dedup.assertActive();
            entities.persist(new JpaOrder(id(message)));
            listening.save(id(message));
            if (runs.incrementAndGet() == 1) {
                entities.flush();
                throw new IllegalStateException("card declined");
            }
        }));
        assertThat(listening.context.getBean(PlatformTransactionManager.class))
                .isInstanceOf(JpaTransactionManager.class);
        shop.publish("1");
        shop.publish("1");
        eventually().until(() -> listening.outcomes(Outcome.DUPLICATE) == 1);
        listening.assertQueueEmptyAfterStop();
        assertThat(orders()).isOne();
        assertThat(shop.effects()).isOne();
    }

    @Test
    @RequiresRabbitMq // where what is rejected does not come again
    void anEntityThatTheDatabaseRefusesIsTheHandlersFailure() throws Exception {
        shop.execute("INSERT INTO jpa_orders VALUES ('taken')");
        listening
                .with(protection -> protection.maxAttempts(3))
                .start(new Orders((entities, message) -> entities.persist(new JpaOrder(id(message)))));
        shop.publish("taken");
        eventually().until(() -> listening.outcomes(Outcome.FAILED) == 3);
        shop.publish("free");
        eventually().until(() -> orders() == 2);
        listening.assertQueueEmptyAfterStop();
        assertThat(listening.results).hasSize(4);
        assertThat(shop.keys()).isOne();
    }

    /** Without an SQLState it would look like a commit whose answer was lost, and come again for ever. */
    @Test
    @RequiresRabbitMq // where what is rejected does not come again
    void anEntityThatRefusesItselfInTheFlushIsTheHandlersFailure() throws Exception {
        shop.execute("INSERT INTO jpa_orders VALUES ('1')");
        listening
                .with(protection -> protection.maxAttempts(2))
                .start(new Orders((entities, message) -> entities.find(Stubborn.class, id(message)).note = "changed"));
        shop.publish("1");
        eventually().until(() -> listening.outcomes(Outcome.FAILED) == 2);
        listening.assertQueueEmptyAfterStop();
        assertThat(listening.results).hasSize(2);
        assertThat(shop.keys()).isZero();
    }
}
