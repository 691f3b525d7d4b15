package io.dedup.spring.boot;

import io.dedup.Deduplicator;
import io.dedup.LaneKey;
import io.dedup.MessageIdResolver;
import io.dedup.spring.DedupDirectRabbitListenerContainerFactory;
import io.dedup.spring.DedupRabbitListener;
import io.dedup.spring.DedupRabbitListenerContainerFactory;
import io.dedup.spring.Protection;
import io.dedup.spring.boot.compat.FactorySettings;
import javax.sql.DataSource;
import org.springframework.amqp.core.Declarables;
import org.springframework.amqp.core.Queue;
import org.springframework.amqp.rabbit.config.ContainerCustomizer;
import org.springframework.amqp.rabbit.connection.ConnectionFactory;
import org.springframework.amqp.rabbit.listener.DirectMessageListenerContainer;
import org.springframework.amqp.rabbit.listener.SimpleMessageListenerContainer;
import org.springframework.amqp.rabbit.retry.MessageRecoverer;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.context.ApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Lazy;
import org.springframework.transaction.PlatformTransactionManager;

/**
 * Protected listeners: how they are protected, and the container factory of {@link DedupRabbitListener}, configured as
 * {@code spring.rabbitmq.listener} says. What cannot be made is not left out but lazy, so that whoever asks for it learns
 * why.
 */
@AutoConfiguration(
        after = DedupAutoConfiguration.class,
        afterName = {
            "io.dedup.spring.boot.Boot4RabbitAutoConfiguration",
            "io.dedup.spring.boot.compat.Boot3RabbitAutoConfiguration",
            "org.springframework.boot.amqp.autoconfigure.RabbitAutoConfiguration",
            "org.springframework.boot.autoconfigure.amqp.RabbitAutoConfiguration"
        })
@ConditionalOnClass(SimpleMessageListenerContainer.class)
public final class DedupRabbitAutoConfiguration {

    DedupRabbitAutoConfiguration() {}

    @Bean
    @ConditionalOnMissingBean
    @Lazy
    Protection dedupProtection(
            DedupProperties properties,
            ContextListeners listeners,
            ObjectProvider<Deduplicator> dedups,
            @DedupDataSource ObjectProvider<Deduplicator> markedDedup,
            ObjectProvider<PlatformTransactionManager> managers,
            @DedupDataSource ObjectProvider<PlatformTransactionManager> markedManager,
            ObjectProvider<DataSource> dataSources,
            @DedupDataSource ObjectProvider<DataSource> markedDataSource,
            RabbitBeans beans) {
        DataSource dataSource = BeanSelector.select(DataSource.class, dataSources, markedDataSource);
        Deduplicator dedup = BeanSelector.select(Deduplicator.class, dedups, markedDedup);
        Protection plain = Protection.of(
                dedup, BeanSelector.select(PlatformTransactionManager.class, managers, markedManager), dataSource);
        return new ConfiguredProtection(properties.rabbit(), beans.context())
                .of(listeners.in(plain, dedup), beans.own(), beans.deadLetterExchanges());
    }

    @Bean
    RabbitBeans dedupRabbitBeans(
            ApplicationContext context,
            ObjectProvider<MessageIdResolver> ids,
            ObjectProvider<LaneKey> lanes,
            ObjectProvider<MessageRecoverer> recoverers,
            ObjectProvider<Queue> queues,
            ObjectProvider<Declarables> declarables) {
        return new RabbitBeans(context, ids, lanes, recoverers, new DeadLetterExchanges(queues, declarables));
    }

    /** The application's beans that a protection is made of, beside the database's. */
    record RabbitBeans(
            ApplicationContext context,
            ObjectProvider<MessageIdResolver> ids,
            ObjectProvider<LaneKey> lanes,
            ObjectProvider<MessageRecoverer> recoverers,
            DeadLetterExchanges deadLetterExchanges) {

        ConfiguredProtection.Own own() {
            return new ConfiguredProtection.Own(ids.getIfAvailable(), lanes.getIfAvailable(), recoverers.getIfUnique());
        }
    }

    /** The name of the parameter counts, as it does for Boot's: of several connection factories that one is taken. */
    @Bean
    ContainerFactories dedupContainerFactories(
            ObjectProvider<FactorySettings> settings,
            ObjectProvider<Protection> protections,
            ObjectProvider<ConnectionFactory> connectionFactory,
            ObjectProvider<ContainerCustomizer<SimpleMessageListenerContainer>> simpleCustomizer,
            ObjectProvider<ContainerCustomizer<DirectMessageListenerContainer>> directCustomizer) {
        return new ContainerFactories(settings, protections, connectionFactory, simpleCustomizer, directCustomizer);
    }

    @Bean(DedupRabbitListener.CONTAINER_FACTORY)
    @ConditionalOnMissingBean(name = DedupRabbitListener.CONTAINER_FACTORY)
    @ConditionalOnBean({ConnectionFactory.class, FactorySettings.class})
    @ConditionalOnProperty(name = "spring.rabbitmq.listener.type", havingValue = "simple", matchIfMissing = true)
    @Lazy
    DedupRabbitListenerContainerFactory dedupRabbitListenerContainerFactory(ContainerFactories factories) {
        return factories.simple(DedupRabbitListener.CONTAINER_FACTORY);
    }

    @Bean(DedupRabbitListener.CONTAINER_FACTORY)
    @ConditionalOnMissingBean(name = DedupRabbitListener.CONTAINER_FACTORY)
    @ConditionalOnBean({ConnectionFactory.class, FactorySettings.class})
    @ConditionalOnProperty(name = "spring.rabbitmq.listener.type", havingValue = "direct")
    @Lazy
    DedupDirectRabbitListenerContainerFactory dedupDirectRabbitListenerContainerFactory(ContainerFactories factories) {
        return factories.direct(DedupRabbitListener.CONTAINER_FACTORY);
    }
}
