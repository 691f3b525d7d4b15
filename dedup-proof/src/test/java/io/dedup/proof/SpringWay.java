package io.dedup.proof;

import com.rabbitmq.client.Channel;
import io.dedup.rabbit.Shop;
import io.dedup.spring.DedupDirectRabbitListenerContainerFactory;
import io.dedup.spring.DedupRabbitListenerContainerFactory;
import io.dedup.spring.Protection;
import java.sql.Connection;
import java.util.ArrayList;
import java.util.List;
import javax.sql.DataSource;
import org.springframework.amqp.core.AcknowledgeMode;
import org.springframework.amqp.core.Message;
import org.springframework.amqp.core.MessageListener;
import org.springframework.amqp.rabbit.config.AbstractRabbitListenerContainerFactory;
import org.springframework.amqp.rabbit.config.RetryInterceptorBuilder;
import org.springframework.amqp.rabbit.config.SimpleRabbitListenerContainerFactory;
import org.springframework.amqp.rabbit.config.SimpleRabbitListenerEndpoint;
import org.springframework.amqp.rabbit.connection.CachingConnectionFactory;
import org.springframework.amqp.rabbit.listener.AbstractMessageListenerContainer;
import org.springframework.amqp.rabbit.listener.DirectMessageListenerContainer;
import org.springframework.amqp.rabbit.listener.SimpleMessageListenerContainer;
import org.springframework.amqp.rabbit.listener.api.ChannelAwareBatchMessageListener;
import org.springframework.amqp.rabbit.listener.api.ChannelAwareMessageListener;
import org.springframework.jdbc.datasource.DataSourceUtils;
import org.springframework.jdbc.support.JdbcTransactionManager;

/** The ways in of Spring's listener containers. */
record SpringWay(String name, boolean direct, AcknowledgeMode mode, Variant variant) implements WayIn {

    /** What is set beside the defaults. */
    enum Variant {
        DEFAULTS(true),
        GROUPS(true),
        LANES(true),
        BATCH(true),
        OWN_ERROR_HANDLER(false),
        OWN_RETRIES(false),
        TRANSACTED(false),
        GROUPS_OWN_ERROR_HANDLER(false),
        BATCH_OWN_ERROR_HANDLER(false),
        FOREIGN(false);

        private final boolean holds;

        Variant(boolean holds) {
            this.holds = holds;
        }

        boolean hasOwnErrorHandler() {
            return name().endsWith("OWN_ERROR_HANDLER");
        }

        boolean isBatch() {
            return name().startsWith("BATCH");
        }
    }

    static List<SpringWay> all() {
        List<SpringWay> all = new ArrayList<>();
        for (boolean direct : new boolean[] {false, true}) {
            for (AcknowledgeMode mode : List.of(AcknowledgeMode.AUTO, AcknowledgeMode.MANUAL)) {
                add(all, direct, mode, Variant.DEFAULTS);
                add(all, direct, mode, Variant.OWN_ERROR_HANDLER);
            }
            add(all, direct, AcknowledgeMode.AUTO, Variant.GROUPS);
            add(all, direct, AcknowledgeMode.AUTO, Variant.LANES);
            add(all, direct, AcknowledgeMode.AUTO, Variant.OWN_RETRIES);
            add(all, direct, AcknowledgeMode.AUTO, Variant.TRANSACTED);
            add(all, direct, AcknowledgeMode.AUTO, Variant.FOREIGN);
        }
        // Lists, and groups where the container settles, are for simple containers only.
        add(all, false, AcknowledgeMode.AUTO, Variant.BATCH);
        add(all, false, AcknowledgeMode.MANUAL, Variant.BATCH);
        add(all, false, AcknowledgeMode.AUTO, Variant.GROUPS_OWN_ERROR_HANDLER);
        add(all, false, AcknowledgeMode.AUTO, Variant.BATCH_OWN_ERROR_HANDLER);
        return all;
    }

    private static void add(List<SpringWay> all, boolean direct, AcknowledgeMode mode, Variant variant) {
        String name = "SPRING_" + (direct ? "DIRECT_" : "SIMPLE_") + mode + "_" + variant;
        all.add(new SpringWay(name, direct, mode, variant));
    }

    @Override
    public boolean holds() {
        return variant.holds;
    }

    @Override
    public AutoCloseable consume(Shop shop, ContractTerms terms, ContractHandler handler) {
        CachingConnectionFactory connections =
                new CachingConnectionFactory(shop.broker().connectionFactory());
        CachingConnectionFactory publishing =
                new CachingConnectionFactory(shop.broker().connectionFactory());
        AbstractMessageListenerContainer container = variant == Variant.FOREIGN
                ? foreign(protection(shop, terms).publishingConnection(publishing), new Listener(shop, handler))
                : ours(connections, protection(shop, terms), new Listener(shop, handler));
        container.setConnectionFactory(connections);
        container.setQueueNames(shop.queue);
        container.afterPropertiesSet();
        container.start();
        return () -> {
            container.stop();
            connections.destroy();
            publishing.destroy();
        };
    }

    private Protection protection(Shop shop, ContractTerms terms) {
        Protection protection = Protection.of(shop.dedup, new JdbcTransactionManager(shop.pool), shop.pool)
                .maxAttempts(terms.maxAttempts())
                .onMissingId(terms.missingId())
                .onDifferentBody(terms.differentBody())
                .pause(terms.firstPause(), terms.longestPause());
        return switch (variant) {
            case GROUPS, GROUPS_OWN_ERROR_HANDLER -> protection.maxGroup(10);
            case LANES -> protection.lane(message -> String.valueOf(message.property("message-id")));
            default -> protection;
        };
    }

    private AbstractMessageListenerContainer ours(
            CachingConnectionFactory connections, Protection protection, Listener listener) {
        AbstractRabbitListenerContainerFactory<?> factory = direct
                ? new DedupDirectRabbitListenerContainerFactory(protection)
                : new DedupRabbitListenerContainerFactory(protection);
        factory.setConnectionFactory(connections);
        factory.setAcknowledgeMode(mode);
        if (variant.isBatch()) {
            factory.setBatchListener(true);
            ((SimpleRabbitListenerContainerFactory) factory).setConsumerBatchEnabled(true);
            ((SimpleRabbitListenerContainerFactory) factory).setBatchSize(10);
            ((SimpleRabbitListenerContainerFactory) factory).setReceiveTimeout(50L);
        }
        if (variant.hasOwnErrorHandler()) {
            factory.setErrorHandler(failure -> {});
        }
        switch (variant) {
            case LANES -> concurrency(factory);
            case TRANSACTED -> factory.setChannelTransacted(true);
            case OWN_RETRIES ->
                factory.setAdviceChain(RetryInterceptorBuilder.stateless()
                        .maxRetries(20)
                        .backOffOptions(1, 1, 1)
                        .build());
            default -> {}
        }
        SimpleRabbitListenerEndpoint endpoint = new SimpleRabbitListenerEndpoint();
        endpoint.setId(name);
        endpoint.setMessageListener(variant.isBatch() ? listener.forLists() : listener.forEach());
        return factory.createListenerContainer(endpoint);
    }

    private void concurrency(AbstractRabbitListenerContainerFactory<?> factory) {
        if (factory instanceof DedupDirectRabbitListenerContainerFactory directs) {
            directs.setConsumersPerQueue(3);
        } else if (factory instanceof DedupRabbitListenerContainerFactory simples) {
            simples.setConcurrentConsumers(3);
        }
    }

    private AbstractMessageListenerContainer foreign(Protection protection, Listener listener) {
        AbstractMessageListenerContainer container =
                direct ? new DirectMessageListenerContainer() : new SimpleMessageListenerContainer();
        container.setAcknowledgeMode(mode);
        container.setAdviceChain(protection.around());
        container.setMessageListener(listener.forEach());
        return container;
    }

    /** The application's listener, which acknowledges by itself where that is the mode. */
    private final class Listener {

        private final Shop shop;
        private final ContractHandler handler;

        Listener(Shop shop, ContractHandler handler) {
            this.shop = shop;
            this.handler = handler;
        }

        MessageListener forEach() {
            return (ChannelAwareMessageListener) this::handle;
        }

        MessageListener forLists() {
            return (ChannelAwareBatchMessageListener) (messages, channel) -> {
                for (Message each : messages) {
                    handle(each, channel);
                }
            };
        }

        private void handle(Message message, Channel channel) {
            String id = message.getMessageProperties().getMessageId();
            quietly(() -> handler.handle(sql -> write(shop.pool, sql, shop.queue, id), id));
            if (mode.isManual()) {
                quietly(() -> channel.basicAck(message.getMessageProperties().getDeliveryTag(), false));
            }
        }
    }

    private static void write(DataSource source, String sql, String queue, String id) throws Exception {
        Connection tx = DataSourceUtils.getConnection(source); // that of the message's transaction
        try {
            PlainWay.write(tx, sql, queue, id);
        } finally {
            DataSourceUtils.releaseConnection(tx, source);
        }
    }

    private interface Step {
        void run() throws Exception;
    }

    @SuppressWarnings("unchecked")
    private static <X extends Throwable> void quietly(Step step) throws X {
        try {
            step.run();
        } catch (Exception e) {
            throw (X) e; // a listener of lists declares none
        }
    }
}
