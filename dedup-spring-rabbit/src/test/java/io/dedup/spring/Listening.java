package io.dedup.spring;

import com.rabbitmq.client.Channel;
import com.rabbitmq.client.ConnectionFactory;
import com.rabbitmq.client.ShutdownSignalException;
import io.dedup.DedupListener;
import io.dedup.Deduplicator;
import io.dedup.Outcome;
import io.dedup.Result;
import io.dedup.amqp.Queues;
import io.dedup.rabbit.Shop;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import javax.sql.DataSource;
import org.junit.jupiter.params.provider.Arguments;
import org.springframework.amqp.core.AcknowledgeMode;
import org.springframework.amqp.rabbit.annotation.EnableRabbit;
import org.springframework.amqp.rabbit.config.AbstractRabbitListenerContainerFactory;
import org.springframework.amqp.rabbit.connection.CachingConnectionFactory;
import org.springframework.amqp.rabbit.connection.ChannelListener;
import org.springframework.amqp.rabbit.listener.AbstractMessageListenerContainer;
import org.springframework.amqp.rabbit.listener.RabbitListenerEndpointRegistry;
import org.springframework.context.annotation.AnnotationConfigApplicationContext;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.MapPropertySource;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.PlatformTransactionManager;

/** A Spring application around a {@link Shop}, with the listeners that a test gives it, and short pauses. */
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
    final List<String> deadLetters = new CopyOnWriteArrayList<>();
    private final List<ShutdownSignalException> closedByBroker = new CopyOnWriteArrayList<>();
    private final Map<String, Object> properties = new ConcurrentHashMap<>();
    private final Shop shop;
    private Container container = Container.SIMPLE;
    private AcknowledgeMode mode = AcknowledgeMode.AUTO;
    private UnaryOperator<Protection> options =
            protection -> protection.pause(Duration.ofMillis(50), Duration.ofMillis(400));
    private Consumer<AbstractRabbitListenerContainerFactory<?>> factoryOptions = factory -> {};
    private Consumer<CachingConnectionFactory> connectionOptions = factory -> {};
    private ConnectionFactory rabbit;
    private DataSource dataSource;
    private Supplier<PlatformTransactionManager> manager = () -> new JdbcTransactionManager(dataSource);

    Listening(Shop shop) {
        this.shop = shop;
        this.rabbit = shop.broker().connectionFactory();
        this.dataSource = shop.pool;
        properties.put("queue", shop.queue);
        context.getEnvironment().getPropertySources().addFirst(new MapPropertySource("test", properties));
    }

    /** Each container with each mode that a user may choose. */
    static Stream<Arguments> kinds() {
        return Stream.of(Container.values())
                .flatMap(container -> Stream.of(AcknowledgeMode.AUTO, AcknowledgeMode.MANUAL)
                        .map(mode -> Arguments.of(container, mode)));
    }

    Listening in(Container kind, AcknowledgeMode acknowledge) {
        this.container = kind;
        this.mode = acknowledge;
        return this;
    }

    /** How many messages of a {@link Handling} are in work at a time. */
    Listening concurrency(int count) {
        properties.put("concurrency", count);
        return this;
    }

    Listening with(UnaryOperator<Protection> changes) {
        UnaryOperator<Protection> before = options;
        this.options = protection -> changes.apply(before.apply(protection));
        return this;
    }

    Listening factory(Consumer<AbstractRabbitListenerContainerFactory<?>> changes) {
        this.factoryOptions = factoryOptions.andThen(changes);
        return this;
    }

    /** An error handler of the application's own has the container settle by Spring's rules. */
    Listening settling() {
        return factory(factory -> factory.setErrorHandler(failure -> {}));
    }

    Listening connections(Consumer<CachingConnectionFactory> changes) {
        this.connectionOptions = changes;
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
        context.registerBean("rabbit", CachingConnectionFactory.class, () -> connections());
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
        return options.apply(Protection.of(dedup, manager, dataSource).listener(new DedupListener() {
            @Override
            public void onDelivery(Result result, boolean redelivered) {
                results.add(result);
            }

            @Override
            public void onDeadLetter(String consumer, String reason) {
                deadLetters.add(reason);
            }
        }));
    }

    private CachingConnectionFactory connections() {
        CachingConnectionFactory factory = new CachingConnectionFactory(rabbit);
        factory.addChannelListener(new ChannelListener() {
            @Override
            public void onCreate(Channel channel, boolean transactional) {}

            @Override
            public void onShutDown(ShutdownSignalException signal) {
                if (!signal.isInitiatedByApplication()) {
                    closedByBroker.add(signal);
                }
            }
        });
        connectionOptions.accept(factory);
        return factory;
    }

    private AbstractRabbitListenerContainerFactory<?> factory() {
        AbstractRabbitListenerContainerFactory<?> factory = container == Container.SIMPLE
                ? new DedupRabbitListenerContainerFactory(protection())
                : new DedupDirectRabbitListenerContainerFactory(protection());
        factory.setConnectionFactory(context.getBean(CachingConnectionFactory.class));
        factory.setAcknowledgeMode(mode);
        factory.setRecoveryInterval(100L);
        factory.setFailedDeclarationRetryInterval(200L); // of a direct container's consumers too
        if (factory instanceof DedupRabbitListenerContainerFactory simple) {
            simple.setReceiveTimeout(100L); // how long it takes to stop
        } else if (factory instanceof DedupDirectRabbitListenerContainerFactory direct) {
            direct.setMonitorInterval(200); // how long it takes to notice that its channel is gone
        }
        factoryOptions.accept(factory);
        return factory;
    }

    void save(String messageId) {
        context.getBean(JdbcTemplate.class).update("INSERT INTO orders VALUES (?, ?)", shop.queue, messageId);
    }

    long outcomes(Outcome outcome) {
        return results.stream().filter(result -> result.outcome() == outcome).count();
    }

    /** Messages in the dead-letter queue; none if it is not there. */
    long dead() {
        String queue = shop.queue + ".dead";
        try {
            return Queues.exists(shop.connection, queue) ? shop.publisher.messageCount(queue) : 0;
        } catch (java.io.IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    /** Why the broker has closed channels; a wrong acknowledgement is a reason. */
    List<String> channelErrors() {
        return closedByBroker.stream()
                .map(ShutdownSignalException::getMessage)
                .filter(text -> text.contains("reply-code=4") || text.contains("reply-code=5"))
                .toList();
    }

    RabbitListenerEndpointRegistry registry() {
        return context.getBean(RabbitListenerEndpointRegistry.class);
    }

    /** That of the only listener. */
    AbstractMessageListenerContainer container() {
        return (AbstractMessageListenerContainer)
                registry().getListenerContainers().iterator().next();
    }

    /** Stops the listeners first, so that what they held unacknowledged shows. */
    void assertQueueEmptyAfterStop() throws Exception {
        close();
        Shop.eventually().until(() -> shop.ready() == 0);
        Shop.eventually().during(Duration.ofMillis(300)).until(() -> shop.ready() == 0);
    }

    @Override
    public void close() {
        context.close();
    }
}
