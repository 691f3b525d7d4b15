package io.dedup.spi;

import io.dedup.DedupException;
import io.dedup.DedupListener;
import io.dedup.FailedAttempts;
import io.dedup.MessageKey;
import io.dedup.Reply;
import io.dedup.Result;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ScheduledExecutorService;

/**
 * A {@link io.dedup.Deduplicator} as adapters see it: every ending is a value, and failures are counted. Thread-safe and
 * immutable.
 *
 * @see io.dedup.Deduplicator#engine()
 */
public interface Engine {

    /**
     * The same engine, with messages processed in another's transactions. Its own bookkeeping (failures, replies looked
     * up) stays on the deduplicator's DataSource.
     *
     * @param source begins a transaction for each message or group
     * @return an engine with this one's options
     */
    Engine in(TransactionSource source);

    /**
     * The same engine, whose claims wait no longer for another transaction than this, nor than the deduplicator's own
     * {@code maxWait}. For adapters that can keep a message and process it again later.
     *
     * @param limit the longest wait; at least 1 ms
     * @return an engine with this one's options
     * @throws IllegalArgumentException if the limit is shorter
     */
    Engine waitingAtMost(Duration limit);

    /**
     * The same engine with one more listener.
     *
     * @param listener notified beside the others
     * @return an engine with this one's options
     */
    Engine notifying(DedupListener listener);

    /**
     * Who is notified.
     *
     * @return all listeners as one, which throws nothing
     */
    DedupListener listener();

    /**
     * Attempts to process one message in a transaction of its own.
     *
     * @param work the message, and what to do if it is new
     * @return what became of it; nothing is thrown
     */
    Result attempt(KeyedWork work);

    /**
     * For messages that are waiting anyway: several in one transaction.
     *
     * @param max how many at most
     * @return one for all threads of a consumer, since it learns what size does well
     * @throws IllegalArgumentException if the maximum is not positive
     */
    GroupProcessor groups(int max);

    /**
     * Processes deliveries with a handler that is called for each.
     *
     * @param policy the settings
     * @param type the adapter's deliveries
     * @param maxGroup how many may share a transaction
     * @param handler the application's handler
     * @param <D> the adapter's type of a delivery
     * @return the processor, one for all threads of a consumer
     */
    <D> DeliveryProcessor<D> processor(MessagePolicy policy, DeliveryType<D> type, int maxGroup, Handler<D> handler);

    /**
     * Processes deliveries with a handler that takes many at once.
     *
     * @param policy the settings
     * @param type the adapter's deliveries
     * @param maxGroup how many may share a transaction
     * @param handler the application's handler
     * @param <D> the adapter's type of a delivery
     * @return the processor, one for all threads of a consumer
     */
    <D> DeliveryProcessor<D> batchProcessor(
            MessagePolicy policy, DeliveryType<D> type, int maxGroup, BatchWork<D> handler);

    /**
     * Stores the answer to a message beside its key, inside the message's transaction.
     *
     * @param tx the connection that the work was handed, or that the key was claimed on
     * @param key the message; claimed in this transaction
     * @param reply the answer
     * @throws SQLException if the database refuses; let it pass, so that everything is rolled back
     * @throws IllegalStateException if the message is not claimed
     */
    void saveReply(Connection tx, MessageKey key, Reply reply) throws SQLException;

    /**
     * The stored answer to a message that was processed before.
     *
     * @param key the message
     * @return the answer, if one was stored and is not forgotten
     * @throws DedupException if the database cannot be used
     */
    Optional<Reply> replyOf(MessageKey key);

    /**
     * Counts a failure of a message's handler, in a transaction of its own since the failed one left nothing behind. The
     * count ends by being processed, or by {@link #forgetFailures}.
     *
     * @param key the message
     * @param failure what the handler threw; its text is kept, cut to 1,000 characters
     * @return the failures so far, this one included
     * @throws DedupException if the database cannot be used; nothing is counted
     */
    FailedAttempts recordFailure(MessageKey key, Throwable failure);

    /**
     * Ends the count of a message's failures, for one that has been dead-lettered.
     *
     * @param key the message
     * @throws DedupException if the database cannot be used
     */
    void forgetFailures(MessageKey key);

    /**
     * Checks what every message needs, as {@link io.dedup.DedupAdmin#verify()} does.
     *
     * @throws DedupException that says what is missing
     */
    void verify();

    /**
     * Checks that the pool can give each of some threads a connection at once: a message holds one while it is in work.
     * Knows HikariCP; any other pool is taken to be large enough.
     *
     * @param concurrency how many messages are in work at a time
     * @throws DedupException if the pool is smaller
     */
    void verifyPool(int concurrency);

    /**
     * How long keys are remembered.
     *
     * @return the deduplicator's retention
     */
    Duration retention();

    /**
     * For what is to happen later: one daemon thread, and none while nothing is due.
     *
     * @param name the thread's name
     * @return a scheduler of the caller's own; need not be shut down
     */
    ScheduledExecutorService scheduler(String name);
}
