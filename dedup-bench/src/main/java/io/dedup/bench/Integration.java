package io.dedup.bench;

import org.springframework.amqp.support.AmqpHeaders;
import org.springframework.context.annotation.AnnotationConfigApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.integration.amqp.dsl.Amqp;
import org.springframework.integration.config.EnableIntegration;
import org.springframework.integration.dsl.IntegrationFlow;
import org.springframework.integration.handler.advice.IdempotentReceiverInterceptor;
import org.springframework.integration.jdbc.metadata.JdbcMetadataStore;
import org.springframework.integration.metadata.ConcurrentMetadataStore;
import org.springframework.integration.selector.MetadataStoreSelector;
import org.springframework.transaction.TransactionManager;
import org.springframework.transaction.annotation.EnableTransactionManagement;
import org.springframework.transaction.interceptor.MatchAlwaysTransactionAttributeSource;
import org.springframework.transaction.interceptor.TransactionInterceptor;

/**
 * Spring Integration: {@link IdempotentReceiverInterceptor} on a {@link JdbcMetadataStore}, in a flow whose inbound channel
 * adapter begins the transaction (an advice of the container, so that it acknowledges after the commit).
 */
final class Integration implements Contestant {

    @Override
    public Label label() {
        return new Label("Spring Integration JdbcMetadataStore", Kind.RIVAL, Tables.INTEGRATION);
    }

    @Override
    public AutoCloseable start(Arena arena) {
        AnnotationConfigApplicationContext context = new AnnotationConfigApplicationContext();
        context.registerBean(Arena.class, () -> arena);
        context.register(Flow.class);
        context.refresh();
        return context;
    }

    @Configuration(proxyBeanMethods = false)
    @EnableIntegration
    @EnableTransactionManagement
    static class Flow {

        @Bean
        SpringTransactions transactions(Arena arena) {
            return SpringTransactions.on(arena);
        }

        @Bean
        TransactionManager transactionManager(SpringTransactions transactions) {
            return transactions.manager();
        }

        @Bean
        ConcurrentMetadataStore metadataStore(Arena arena) {
            return new JdbcMetadataStore(arena.pool());
        }

        @Bean
        IdempotentReceiverInterceptor onlyOnce(ConcurrentMetadataStore store) {
            IdempotentReceiverInterceptor interceptor = new IdempotentReceiverInterceptor(new MetadataStoreSelector(
                    message -> message.getHeaders().get(AmqpHeaders.MESSAGE_ID, String.class), store));
            interceptor.setDiscardChannelName("nullChannel");
            return interceptor;
        }

        @Bean
        SpringContainer container(Arena arena, SpringTransactions transactions) {
            return SpringContainer.of(
                    arena,
                    new TransactionInterceptor(
                            (TransactionManager) transactions.manager(), new MatchAlwaysTransactionAttributeSource()));
        }

        @Bean
        IntegrationFlow orders(
                Arena arena,
                SpringContainer container,
                SpringTransactions transactions,
                IdempotentReceiverInterceptor onlyOnce) {
            return IntegrationFlow.from(Amqp.inboundAdapter(container.container()))
                    .handle(
                            message -> transactions.write(arena.work(), (byte[]) message.getPayload()),
                            endpoint -> endpoint.advice(onlyOnce))
                    .get();
        }
    }
}
