package io.dedup.rabbit.spring;

import com.rabbitmq.client.ConnectionFactory;
import io.dedup.Deduplicator;
import io.dedup.Result;
import io.dedup.rabbit.Shop;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import javax.sql.DataSource;
import org.springframework.amqp.core.AcknowledgeMode;
import org.springframework.amqp.rabbit.annotation.EnableRabbit;
import org.springframework.amqp.rabbit.config.AbstractRabbitListenerContainerFactory;
import org.springframework.amqp.rabbit.connection.CachingConnectionFactory;
import org.springframework.amqp.rabbit.listener.RabbitListenerEndpointRegistry;
import org.springframework.context.annotation.AnnotationConfigApplicationContext;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.MapPropertySource;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.PlatformTransactionManager;

/** A Spring application around a {@link Shop}, with the listeners that a test gives it. */
final class Listening implements AutoCloseable {

    /** The containers that there are. */
    enum Container {
        SIMPLE,
        DIRECT
    }

    @Configuration
    @EnableRabbit
    static class Rabbit {}

    final AnnotationConfigApplicationContext context = new AnnotationConfigApplicationContext();
    final List<Result> results = new CopyOnWriteArrayList<>();
    private final Shop shop;
    private Container container = Container.SIMPLE;
    private AcknowledgeMode mode = AcknowledgeMode.AUTO;
    private UnaryOperator<Protection> options = UnaryOperator.identity();
    private Consumer<AbstractRabbitListenerContainerFactory<?>> factoryOptions = factory -> {};
    private ConnectionFactory rabbit;
    private DataSource dataSource;
    private Supplier<PlatformTransactionManager> manager = () -> new JdbcTransactionManager(dataSource);

    Listening(Shop shop) {
        this.shop = shop;
        this.rabbit = shop.broker().connectionFactory();
        this.dataSource = shop.pool;
        context.getEnvironment()
                .getPropertySources()
                .addFirst(new MapPropertySource("test", Map.of("queue", shop.queue)));
    }

    Listening in(Container kind, AcknowledgeMode acknowledge) {
        this.container = kind;
        this.mode = acknowledge;
        return this;
    }

    Listening with(UnaryOperator<Protection> changes) {
        this.options = changes;
        return this;
    }

    Listening factory(Consumer<AbstractRabbitListenerContainerFactory<?>> changes) {
        this.factoryOptions = changes;
        return this;
    }

    Listening rabbit(ConnectionFactory broker) {
        this.rabbit = broker;
        return this;
    }

    Listening dataSource(DataSource database) {
        this.dataSource = database;
        return this;
    }

    Listening manager(Supplier<PlatformTransactionManager> transactions) {
        this.manager = transactions;
        return this;
    }

    /** Starts the application. */
    Listening start(Object... listeners) {
        context.register(Rabbit.class);
        context.registerBean(PlatformTransactionManager.class, manager);
        for (Object listener : listeners) {
            register(listener);
        }
        context.registerBean(JdbcTemplate.class, () -> new JdbcTemplate(dataSource));
        context.registerBean("rabbit", CachingConnectionFactory.class, () -> new CachingConnectionFactory(rabbit));
        context.registerBean(
                "dedupRabbitListenerContainerFactory", AbstractRabbitListenerContainerFactory.class, () -> factory());
        context.refresh();
        return this;
    }

    @SuppressWarnings("unchecked")
    private <T> void register(T listener) {
        context.registerBean((Class<T>) listener.getClass(), () -> listener);
    }

    Protection protection() {
        PlatformTransactionManager manager = context.getBean(PlatformTransactionManager.class);
        Deduplicator dedup = dataSource == shop.pool ? shop.dedup : Deduplicator.create(dataSource);
        return options.apply(
                Protection.of(dedup, manager, dataSource).onResult((message, result) -> results.add(result)));
    }

    private AbstractRabbitListenerContainerFactory<?> factory() {
        AbstractRabbitListenerContainerFactory<?> factory = container == Container.SIMPLE
                ? new DedupRabbitListenerContainerFactory(protection())
                : new DedupDirectRabbitListenerContainerFactory(protection());
        factory.setConnectionFactory(context.getBean(CachingConnectionFactory.class));
        factory.setAcknowledgeMode(mode);
        factoryOptions.accept(factory);
        return factory;
    }

    void save(String messageId) {
        context.getBean(JdbcTemplate.class).update("INSERT INTO orders VALUES (?, ?)", shop.queue, messageId);
    }

    long outcomes(io.dedup.Outcome outcome) {
        return results.stream().filter(result -> result.outcome() == outcome).count();
    }

    RabbitListenerEndpointRegistry registry() {
        return context.getBean(RabbitListenerEndpointRegistry.class);
    }

    /** Stops the listeners first, so that what they held unacknowledged shows. */
    void assertQueueEmptyAfterStop() throws Exception {
        close();
        Shop.eventually().until(() -> shop.ready() == 0);
        Shop.eventually().during(java.time.Duration.ofMillis(300)).until(() -> shop.ready() == 0);
    }

    @Override
    public void close() {
        context.close();
    }
}
