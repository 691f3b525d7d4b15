package io.dedup.bench;

import static java.util.Objects.requireNonNull;

import org.aopalliance.aop.Advice;
import org.springframework.amqp.core.Message;
import org.springframework.amqp.core.MessageListener;
import org.springframework.amqp.rabbit.connection.CachingConnectionFactory;
import org.springframework.amqp.rabbit.listener.SimpleMessageListenerContainer;

/**
 * spring-rabbit's container as every contestant that stands on Spring uses it: Boot's default kind, which acknowledges each
 * message when its listener has returned.
 *
 * @param connections the container's
 * @param container not started
 */
record SpringContainer(CachingConnectionFactory connections, SimpleMessageListenerContainer container)
        implements AutoCloseable {

    static SpringContainer of(Arena arena, Advice... advices) {
        CachingConnectionFactory connections = connectionsOf(arena);
        SimpleMessageListenerContainer container = new SimpleMessageListenerContainer(connections);
        container.setQueueNames(TestBed.QUEUE);
        container.setConcurrentConsumers(arena.concurrency());
        container.setPrefetchCount(Settings.PREFETCH);
        container.setAdviceChain(advices);
        return new SpringContainer(connections, container);
    }

    static CachingConnectionFactory connectionsOf(Arena arena) {
        arena.broker().setAutomaticRecoveryEnabled(false); // Spring has its own, and says so in a warning otherwise
        return new CachingConnectionFactory(arena.broker());
    }

    SpringContainer start(MessageListener listener) {
        container.setMessageListener(listener);
        container.afterPropertiesSet();
        container.start();
        return this;
    }

    static String idOf(Message message) {
        return requireNonNull(message.getMessageProperties().getMessageId());
    }

    @Override
    public void close() {
        container.stop();
        container.destroy();
        connections.destroy();
    }
}
