package io.dedup.rabbit;

/**
 * Takes the statements of a {@link DeferredHandler}, and sends them before the commit: statements with the same text
 * travel together as a JDBC batch, many in one round trip.
 *
 * <p>Statements of one message are executed in their order. So are all of a transaction, unless it was said which messages
 * touch the same rows ({@link DedupConsumerBuilder#startDeferred(LaneKey, DeferredHandler)}, {@link
 * DedupConsumerBuilder#lane}): then messages of different business entities may pass each other, which is what makes large
 * batches of handlers with several statements.
 */
public interface Writes {

    /**
     * Takes one INSERT, UPDATE, DELETE or MERGE. Whether it fails shows only when all are sent: the messages of the
     * transaction are then processed one by one, as after any failure, and the guilty one fails.
     *
     * @param sql the statement, with a {@code ?} for each parameter; keep to a few texts, and put what differs into the
     *     parameters
     * @param parameters what {@link java.sql.PreparedStatement#setObject(int, Object)} takes; may be null
     */
    void add(String sql, Object... parameters);
}
