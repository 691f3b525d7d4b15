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
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Conditional;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Lazy;
import org.springframework.transaction.PlatformTransactionManager;

/**
 * Protected listeners: the container factory of {@link DedupRabbitListener}, configured as {@code spring.rabbitmq.listener}
 * says, and the protection of all other listeners, if that is asked for. What cannot be made is not left out but lazy, so
 * that whoever asks for it learns why.
 */
@AutoConfiguration(
        after = DedupAutoConfiguration.class,
        afterName = {
            "org.springframework.boot.amqp.autoconfigure.RabbitAutoConfiguration",
            "org.springframework.boot.jdbc.autoconfigure.DataSourceTransactionManagerAutoConfiguration",
            "org.springframework.boot.hibernate.autoconfigure.HibernateJpaAutoConfiguration",
            "org.springframework.boot.transaction.autoconfigure.TransactionAutoConfiguration"
        })
@ConditionalOnClass(SimpleMessageListenerContainer.class)
public final class DedupRabbitAutoConfiguration {

    DedupRabbitAutoConfiguration() {}

    @Bean
    @ConditionalOnMissingBean
    @Lazy
    Protection dedupProtection(
            DedupProperties properties,
            ObjectProvider<Deduplicator> dedups,
            @DedupDataSource ObjectProvider<Deduplicator> markedDedup,
            ObjectProvider<PlatformTransactionManager> managers,
            @DedupDataSource ObjectProvider<PlatformTransactionManager> markedManager,
            ObjectProvider<DataSource> dataSources,
            @DedupDataSource ObjectProvider<DataSource> markedDataSource,
            ObjectProvider<MessageIdResolver> ids,
            ObjectProvider<MessageRecoverer> recoverers,
            ObjectProvider<DeliveryListener> listeners) {
        DataSource dataSource = Chosen.of(DataSource.class, dataSources, markedDataSource);
        Protection plain = Protection.of(
                Chosen.of(Deduplicator.class, dedups, markedDedup),
                Chosen.of(PlatformTransactionManager.class, managers, markedManager),
                dataSource);
        return new ConfiguredProtection(
                        properties.rabbit(),
                        DeliveryListener.all(listeners.orderedStream().toList()))
                .of(plain, ids.getIfAvailable(), recoverers.getIfUnique());
    }

    /** Static, since what processes beans is made before them. */
    @Bean
    @ConditionalOnMissingBean
    @Conditional(OnAllListeners.class)
    static ProtectAllListeners dedupProtectAllListeners(ObjectProvider<Protection> protection) {
        return new ProtectAllListeners(() -> Chosen.of(Protection.class, protection, "mark that one with @Primary"));
    }

    /** Where Boot has factories of its own. */
    @Configuration(proxyBeanMethods = false)
    @ConditionalOnClass(SimpleRabbitListenerContainerFactoryConfigurer.class)
    @ConditionalOnBean({ConnectionFactory.class, SimpleRabbitListenerContainerFactoryConfigurer.class})
    static class Factories {

        @Bean(DedupRabbitListener.CONTAINER_FACTORY)
        @ConditionalOnMissingBean(name = DedupRabbitListener.CONTAINER_FACTORY)
        @ConditionalOnProperty(name = "spring.rabbitmq.listener.type", havingValue = "simple", matchIfMissing = true)
        @Lazy
        DedupRabbitListenerContainerFactory dedupRabbitListenerContainerFactory(
                Protection protection,
                SimpleRabbitListenerContainerFactoryConfigurer configurer,
                ObjectProvider<ConnectionFactory> connectionFactory, // the name counts, as it does for Boot's
                ObjectProvider<ContainerCustomizer<SimpleMessageListenerContainer>> customizer) {
            DedupRabbitListenerContainerFactory factory = new DedupRabbitListenerContainerFactory(protection);
            configurer.configure(factory, only(connectionFactory));
            customizer.ifUnique(factory::setContainerCustomizer);
            return factory;
        }

        @Bean(DedupRabbitListener.CONTAINER_FACTORY)
        @ConditionalOnMissingBean(name = DedupRabbitListener.CONTAINER_FACTORY)
        @ConditionalOnProperty(name = "spring.rabbitmq.listener.type", havingValue = "direct")
        @Lazy
        DedupDirectRabbitListenerContainerFactory dedupDirectRabbitListenerContainerFactory(
                Protection protection,
                DirectRabbitListenerContainerFactoryConfigurer configurer,
                ObjectProvider<ConnectionFactory> connectionFactory, // the name counts, as it does for Boot's
                ObjectProvider<ContainerCustomizer<DirectMessageListenerContainer>> customizer) {
            var factory = new DedupDirectRabbitListenerContainerFactory(protection);
            configurer.configure(factory, only(connectionFactory));
            customizer.ifUnique(factory::setContainerCustomizer);
            return factory;
        }

        private static ConnectionFactory only(ObjectProvider<ConnectionFactory> all) {
            return Chosen.of(
                    ConnectionFactory.class,
                    all,
                    "mark that one with @Primary, or define a bean " + DedupRabbitListener.CONTAINER_FACTORY
                            + " on it");
        }
    }
}
