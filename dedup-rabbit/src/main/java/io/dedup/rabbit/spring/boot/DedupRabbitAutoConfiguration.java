package io.dedup.rabbit.spring.boot;

import io.dedup.Deduplicator;
import io.dedup.rabbit.DeliveryListener;
import io.dedup.rabbit.MessageIdResolver;
import io.dedup.rabbit.spring.DedupDirectRabbitListenerContainerFactory;
import io.dedup.rabbit.spring.DedupRabbitListener;
import io.dedup.rabbit.spring.DedupRabbitListenerContainerFactory;
import io.dedup.rabbit.spring.ProtectAllListeners;
import io.dedup.rabbit.spring.Protection;
import javax.sql.DataSource;
import org.springframework.amqp.rabbit.config.ContainerCustomizer;
import org.springframework.amqp.rabbit.connection.ConnectionFactory;
import org.springframework.amqp.rabbit.listener.DirectMessageListenerContainer;
import org.springframework.amqp.rabbit.listener.SimpleMessageListenerContainer;
import org.springframework.amqp.rabbit.retry.MessageRecoverer;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.amqp.autoconfigure.DirectRabbitListenerContainerFactoryConfigurer;
import org.springframework.boot.amqp.autoconfigure.SimpleRabbitListenerContainerFactoryConfigurer;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnSingleCandidate;
import org.springframework.context.annotation.Bean;
import org.springframework.transaction.PlatformTransactionManager;

/**
 * Protected listeners: the container factory of {@link DedupRabbitListener}, configured as {@code spring.rabbitmq.listener}
 * says, and the protection of all other listeners, if that is asked for.
 */
@AutoConfiguration(
        after = DedupAutoConfiguration.class,
        afterName = {
            "org.springframework.boot.amqp.autoconfigure.RabbitAutoConfiguration",
            "org.springframework.boot.jdbc.autoconfigure.DataSourceTransactionManagerAutoConfiguration",
            "org.springframework.boot.hibernate.autoconfigure.HibernateJpaAutoConfiguration",
            "org.springframework.boot.transaction.autoconfigure.TransactionAutoConfiguration"
        })
@ConditionalOnClass({SimpleRabbitListenerContainerFactoryConfigurer.class, SimpleMessageListenerContainer.class})
@ConditionalOnSingleCandidate(Deduplicator.class)
@ConditionalOnBean({ConnectionFactory.class, PlatformTransactionManager.class})
public final class DedupRabbitAutoConfiguration {

    DedupRabbitAutoConfiguration() {}

    @Bean
    @ConditionalOnMissingBean
    Protection dedupProtection(
            Deduplicator dedup,
            DedupProperties properties,
            ObjectProvider<PlatformTransactionManager> managers,
            @DedupDataSource ObjectProvider<PlatformTransactionManager> markedManager,
            ObjectProvider<DataSource> dataSources,
            @DedupDataSource ObjectProvider<DataSource> markedDataSource,
            ObjectProvider<MessageIdResolver> ids,
            ObjectProvider<MessageRecoverer> recoverers,
            ObjectProvider<DeliveryListener> listeners) {
        Protection plain = Protection.of(
                dedup,
                Chosen.of("PlatformTransactionManager", managers, markedManager),
                Chosen.of("DataSource", dataSources, markedDataSource));
        return new ConfiguredProtection(
                        properties.rabbit(),
                        DeliveryListener.all(listeners.orderedStream().toList()))
                .of(plain, ids.getIfUnique(), recoverers.getIfUnique());
    }

    @Bean(DedupRabbitListener.CONTAINER_FACTORY)
    @ConditionalOnMissingBean(name = DedupRabbitListener.CONTAINER_FACTORY)
    @ConditionalOnProperty(name = "spring.rabbitmq.listener.type", havingValue = "simple", matchIfMissing = true)
    DedupRabbitListenerContainerFactory dedupRabbitListenerContainerFactory(
            Protection protection,
            SimpleRabbitListenerContainerFactoryConfigurer configurer,
            ConnectionFactory connections,
            ObjectProvider<ContainerCustomizer<SimpleMessageListenerContainer>> customizer) {
        DedupRabbitListenerContainerFactory factory = new DedupRabbitListenerContainerFactory(protection);
        configurer.configure(factory, connections);
        customizer.ifUnique(factory::setContainerCustomizer);
        return factory;
    }

    @Bean(DedupRabbitListener.CONTAINER_FACTORY)
    @ConditionalOnMissingBean(name = DedupRabbitListener.CONTAINER_FACTORY)
    @ConditionalOnProperty(name = "spring.rabbitmq.listener.type", havingValue = "direct")
    DedupDirectRabbitListenerContainerFactory dedupDirectRabbitListenerContainerFactory(
            Protection protection,
            DirectRabbitListenerContainerFactoryConfigurer configurer,
            ConnectionFactory connections,
            ObjectProvider<ContainerCustomizer<DirectMessageListenerContainer>> customizer) {
        DedupDirectRabbitListenerContainerFactory factory = new DedupDirectRabbitListenerContainerFactory(protection);
        configurer.configure(factory, connections);
        customizer.ifUnique(factory::setContainerCustomizer);
        return factory;
    }

    /** Static, since what processes beans is made before them. */
    @Bean
    @ConditionalOnMissingBean
    @ConditionalOnBooleanProperty("dedup.rabbit.all-listeners")
    static ProtectAllListeners dedupProtectAllListeners(ObjectProvider<Protection> protection) {
        return new ProtectAllListeners(protection::getObject);
    }
}
