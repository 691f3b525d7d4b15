package io.dedup.bench;

import io.eventuate.common.jdbc.EventuateSchema;
import io.eventuate.common.spring.jdbc.EventuateSpringJdbcStatementExecutor;
import io.eventuate.common.spring.jdbc.EventuateSpringTransactionTemplate;
import io.eventuate.tram.consumer.jdbc.SqlTableBasedDuplicateMessageDetector;
import io.eventuate.tram.messaging.common.Message;
import io.eventuate.tram.messaging.common.MessageImpl;
import io.eventuate.tram.messaging.common.SubscriberIdAndMessage;
import java.util.Map;

/**
 * Eventuate Tram: {@link SqlTableBasedDuplicateMessageDetector} around the handler, as its consumer's decorators call it, with
 * the current time in PostgreSQL's dialect. Fed by spring-rabbit's container: Tram's own messaging needs a broker set-up of
 * its own, which is not what is compared here.
 */
final class Eventuate implements Contestant {

    private static final String NOW_MILLIS = "(ROUND(EXTRACT(EPOCH FROM CURRENT_TIMESTAMP) * 1000))";

    @Override
    public Label label() {
        return new Label("Eventuate Tram SqlTableBased…Detector", Kind.RIVAL, Tables.EVENTUATE);
    }

    @Override
    public AutoCloseable start(Arena arena) {
        SpringTransactions transactions = SpringTransactions.on(arena);
        SqlTableBasedDuplicateMessageDetector detector = new SqlTableBasedDuplicateMessageDetector(
                new EventuateSchema(EventuateSchema.EMPTY_SCHEMA),
                NOW_MILLIS,
                new EventuateSpringJdbcStatementExecutor(transactions.jdbc()),
                new EventuateSpringTransactionTemplate(transactions.template()));
        return SpringContainer.of(arena)
                .start(message -> detector.doWithMessage(
                        new SubscriberIdAndMessage(TestBed.QUEUE, withId(SpringContainer.idOf(message))),
                        () -> transactions.write(arena.work(), message.getBody())));
    }

    /** Bodies are text there; the detector looks at the ID only, so the body does not travel through it. */
    private static Message withId(String id) {
        return new MessageImpl("", Map.of(Message.ID, id));
    }
}
