package io.dedup.bench;

import org.apache.camel.CamelContext;
import org.apache.camel.ProducerTemplate;
import org.apache.camel.builder.RouteBuilder;
import org.apache.camel.impl.DefaultCamelContext;
import org.apache.camel.processor.idempotent.jdbc.JdbcMessageIdRepository;
import org.apache.camel.spring.spi.SpringTransactionPolicy;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * Apache Camel: idempotent consumer on a {@link JdbcMessageIdRepository}, in a transacted route whose transaction the
 * repository joins. The route is fed by spring-rabbit's container, on which Camel's own RabbitMQ component stands too.
 */
final class Camel implements Contestant {

    private static final String ID = "messageId";
    private static final String ROUTE = "direct:orders";

    @Override
    public Label label() {
        return new Label("Apache Camel JdbcMessageIdRepository", Kind.RIVAL, Tables.CAMEL);
    }

    @Override
    public AutoCloseable start(Arena arena) throws Exception {
        SpringTransactions transactions = SpringTransactions.on(arena);
        CamelContext context = new DefaultCamelContext();
        context.addRoutes(new Route(arena, transactions));
        context.start();
        ProducerTemplate producer = context.createProducerTemplate();
        SpringContainer container = SpringContainer.of(arena)
                .start(message ->
                        producer.sendBodyAndHeader(ROUTE, message.getBody(), ID, SpringContainer.idOf(message)));
        return () -> {
            container.close();
            context.stop();
        };
    }

    private static final class Route extends RouteBuilder {
        private final Arena arena;
        private final SpringTransactions transactions;

        Route(Arena arena, SpringTransactions transactions) {
            this.arena = arena;
            this.transactions = transactions;
        }

        @Override
        public void configure() {
            TransactionTemplate required = transactions.template();
            getContext().getRegistry().bind("PROPAGATION_REQUIRED", new SpringTransactionPolicy(required));
            JdbcMessageIdRepository repository = new JdbcMessageIdRepository(arena.pool(), required, TestBed.QUEUE);
            from(ROUTE)
                    .transacted()
                    .idempotentConsumer(header(ID), repository)
                    .process(exchange -> transactions.write(
                            arena.work(), exchange.getMessage().getMandatoryBody(byte[].class)));
        }
    }
}
