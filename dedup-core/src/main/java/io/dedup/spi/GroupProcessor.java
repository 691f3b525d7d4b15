package io.dedup.spi;

import io.dedup.Result;
import java.util.List;

/**
 * Processes messages that are waiting anyway several to a transaction, for one commit and one claim instead of many.
 *
 * <ol>
 *   <li>claim all keys of the group in one statement; repeats within it count once
 *   <li>run the handler's work for each new one, in order
 *   <li>check that the transaction is still sound, and commit
 *   <li>on any failure roll everything back and process the messages one by one
 * </ol>
 *
 * So what one message does wrong costs the others nothing but time; and a handler may run again although it was another
 * message that failed, so effects outside the transaction are repeated more often than one by one.
 *
 * <p>A group keeps its handlers' row locks until its commit. Groups whose messages touch the same rows block each other,
 * or deadlock; a statement of a group waits at most 200 ms for a lock (unless the session has a {@code lock_timeout}
 * already), and the size of the groups shrinks, down to one, while they collide. Better, let one thread process all
 * messages that touch the same rows.
 *
 * <p>A handler that changes settings of its session ({@code SET}, {@code set_config}) is not for groups, since they would
 * hold for the next message too: once one has, all messages are processed one by one.
 *
 * <p>Thread-safe: one serves all threads of a consumer.
 */
public interface GroupProcessor {

    /**
     * How many messages to hand over next: at most this many, and never to be waited for.
     *
     * @return from 1 to the maximum; less while groups fail or collide
     */
    int size();

    /**
     * Processes messages, each with work of its own. More than {@link #size()} are processed in several groups.
     *
     * @param works the messages, and what to do for each that is new
     * @return what became of each, in the same order; nothing is thrown
     */
    List<Result> attempt(List<KeyedWork> works);

    /**
     * Processes messages with work that takes many at once.
     *
     * @param items the messages
     * @param work what to do for the new ones among them; for each alone where a group failed
     * @param <T> what stands for a message
     * @return what became of each, in the same order; nothing is thrown
     */
    <T> List<Result> attempt(List<BatchItem<T>> items, BatchWork<T> work);
}
