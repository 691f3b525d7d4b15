package io.dedup;

import static java.util.Objects.requireNonNull;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What the tables say of messages, for operators and their tools; no message is processed here. Each question is a short
 * transaction of its own. Thread-safe.
 */
public final class Ledger {

    private final Deduplicator dedup;
    private final ProcessedMessages messages;
    private final AttemptLog failures;

    Ledger(Deduplicator dedup, ProcessedMessages messages, AttemptLog failures) {
        this.dedup = dedup;
        this.messages = messages;
        this.failures = failures;
    }

    /**
     * When a message was processed.
     *
     * @param key the message
     * @return when its transaction began, by the database's clock; empty if it was not processed, or is forgotten
     * @throws DedupException if the database cannot be used
     */
    public Optional<Instant> processedAt(MessageKey key) {
        requireNonNull(key, "key");
        return dedup.alone("look-up of a message", tx -> messages.processedAt(tx, key));
    }

    /**
     * Forgets one message, so that it is <em>processed again</em> when it comes again: after its effects were undone by
     * hand, say. The count of its failures goes too. One that is in work at this moment is not there yet, and stays.
     *
     * @param key the message
     * @return whether there was anything to forget
     * @throws DedupException if the database cannot be used, or another transaction holds its row; try again then
     */
    public boolean forget(MessageKey key) {
        requireNonNull(key, "key");
        return dedup.alone("end of a key", tx -> {
            boolean counted = failures.forget(tx, key); // bounds the wait, for its row and the key's
            return messages.forget(tx, key) || counted;
        });
    }

    /**
     * The failures of a message, if it has any since its last success.
     *
     * @param key the message
     * @return its failures
     * @throws DedupException if the database cannot be used
     */
    public Optional<FailingMessage> failuresOf(MessageKey key) {
        requireNonNull(key, "key");
        return dedup.alone("look-up of failures", tx -> failures.of(tx, key));
    }

    /**
     * The messages that fail at present, the latest failure first.
     *
     * @param consumer whose
     * @param most how many at most
     * @return the messages
     * @throws DedupException if the database cannot be used
     */
    public List<FailingMessage> failing(String consumer, int most) {
        requireNonNull(consumer, "consumer");
        return dedup.alone("look-up of failures", tx -> failures.latest(tx, consumer, most));
    }

    /**
     * How many messages fail at present, by consumer. Those that are put aside no longer count.
     *
     * @return the figures; a consumer without failures is not among them
     * @throws DedupException if the database cannot be used
     */
    public Map<String, Long> failing() {
        return dedup.alone("count of failures", failures::counts);
    }

    /**
     * The size of the table of keys.
     *
     * @return the estimate
     * @throws DedupException if the database cannot be used
     */
    public TableSize size() {
        return dedup.alone("look at the table's size", messages::size);
    }
}
