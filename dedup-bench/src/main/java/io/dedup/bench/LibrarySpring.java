package io.dedup.bench;

import io.dedup.Deduplicator;
import io.dedup.spring.DedupRabbitListenerContainerFactory;
import io.dedup.spring.Protection;
import org.springframework.amqp.core.Message;
import org.springframework.amqp.rabbit.annotation.EnableRabbit;
import org.springframework.amqp.rabbit.annotation.RabbitListener;
import org.springframework.amqp.rabbit.connection.CachingConnectionFactory;
import org.springframework.context.annotation.AnnotationConfigApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/**
 * This library with Spring: a {@link RabbitListener} method that knows nothing of it.
 *
 * @param name in tables
 * @param group at most so many messages in one transaction
 */
record LibrarySpring(String name, int group) implements Contestant {

    static LibrarySpring oneByOne() {
        return new LibrarySpring("dedup with Spring, one by one", 1);
    }

    static LibrarySpring groupsOf(int most) {
        return new LibrarySpring("dedup with Spring, groups of " + most, most);
    }

    @Override
    public Label label() {
        return new Label(name, Kind.LIBRARY, Tables.LIBRARY);
    }

    @Override
    public AutoCloseable start(Arena arena) {
        AnnotationConfigApplicationContext context = new AnnotationConfigApplicationContext();
        context.registerBean(Arena.class, () -> arena, bean -> bean.setDestroyMethodName("")); // the track closes it
        context.registerBean(LibrarySpring.class, () -> this);
        context.register(Orders.class);
        context.refresh();
        return context;
    }

    @Configuration(proxyBeanMethods = false)
    @EnableRabbit
    static class Orders {

        private final Arena arena;
        private final SpringTransactions transactions;

        Orders(Arena arena) {
            this.arena = arena;
            this.transactions = SpringTransactions.on(arena);
        }

        @Bean(destroyMethod = "destroy")
        CachingConnectionFactory connections() {
            return SpringContainer.connectionsOf(arena);
        }

        @Bean
        DedupRabbitListenerContainerFactory protectedListeners(
                CachingConnectionFactory connections, LibrarySpring contestant) {
            Protection protection =
                    Protection.of(Deduplicator.create(arena.pool()), transactions.manager(), arena.pool());
            DedupRabbitListenerContainerFactory factory = new DedupRabbitListenerContainerFactory(
                    contestant.group() == 1 ? protection : protection.maxGroup(contestant.group()));
            factory.setConnectionFactory(connections);
            factory.setConcurrentConsumers(arena.concurrency());
            factory.setPrefetchCount(Settings.PREFETCH);
            return factory;
        }

        @RabbitListener(queues = TestBed.QUEUE, containerFactory = "protectedListeners")
        void on(Message message) {
            transactions.write(arena.work(), message.getBody());
        }
    }
}
