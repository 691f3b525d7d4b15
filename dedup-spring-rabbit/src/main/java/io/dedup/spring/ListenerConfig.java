package io.dedup.spring;

import io.dedup.Deduplicator;
import io.dedup.LaneKey;
import io.dedup.spi.Engine;
import io.dedup.spi.MessagePolicy;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.springframework.amqp.rabbit.connection.ConnectionFactory;
import org.springframework.amqp.rabbit.retry.MessageRecoverer;

/** What a listener is protected with. Not changed once it is shared: {@link #changed} copies. */
final class ListenerConfig {

    private final Deduplicator dedup;
    private final SpringTransactions transactions;
    private Engine engine;
    private @Nullable String consumer;
    private MessagePolicy policy = MessagePolicy.DEFAULT;
    private boolean maxAttemptsSet;
    private int maxGroup = 1;
    private @Nullable LaneKey lane;
    private @Nullable String deadLetterQueue;
    private @Nullable Predicate<String> byBroker;
    private boolean allByBroker;
    private @Nullable ConnectionFactory publishing;
    private @Nullable MessageRecoverer recoverer;

    ListenerConfig(Deduplicator dedup, SpringTransactions transactions) {
        this.dedup = dedup;
        this.engine = dedup.engine().in(transactions);
        this.transactions = transactions;
    }

    private ListenerConfig(ListenerConfig other) {
        this.dedup = other.dedup;
        this.transactions = other.transactions;
        this.engine = other.engine;
        this.consumer = other.consumer;
        this.policy = other.policy;
        this.maxAttemptsSet = other.maxAttemptsSet;
        this.maxGroup = other.maxGroup;
        this.lane = other.lane;
        this.deadLetterQueue = other.deadLetterQueue;
        this.byBroker = other.byBroker;
        this.allByBroker = other.allByBroker;
        this.publishing = other.publishing;
        this.recoverer = other.recoverer;
    }

    ListenerConfig changed(Consumer<ListenerConfig> change) {
        ListenerConfig copy = new ListenerConfig(this);
        change.accept(copy);
        return copy;
    }

    Deduplicator dedup() {
        return dedup;
    }

    /** In Spring's transactions. */
    Engine engine() {
        return engine;
    }

    void engine(Engine other) {
        this.engine = other;
    }

    SpringTransactions transactions() {
        return transactions;
    }

    /** Null: the queue that each message comes from. */
    @Nullable String consumer() {
        return consumer;
    }

    void consumer(String name) {
        this.consumer = name;
    }

    MessagePolicy policy() {
        return policy;
    }

    void policy(MessagePolicy other) {
        this.policy = other;
    }

    /** Whether the application has said how often a handler may fail. */
    boolean isMaxAttemptsSet() {
        return maxAttemptsSet;
    }

    void maxAttempts(int attempts) {
        this.policy = policy.maxAttempts(attempts);
        this.maxAttemptsSet = true;
    }

    int maxGroup() {
        return maxGroup;
    }

    void maxGroup(int messages) {
        this.maxGroup = messages;
    }

    @Nullable LaneKey lane() {
        return lane;
    }

    void lane(LaneKey key) {
        this.lane = key;
    }

    void deadLetterQueue(String name) {
        this.deadLetterQueue = name;
        this.byBroker = null;
        this.allByBroker = false;
    }

    void deadLetterByBroker() {
        this.allByBroker = true;
    }

    /** Those of some queues are dead-lettered by the broker. */
    void deadLetterByBroker(Predicate<String> queue) {
        this.byBroker = queue;
    }

    /** Whether all are. */
    boolean isDeadLetteredByBroker() {
        return allByBroker;
    }

    /** Where dead letters of a queue are published; {@code ""} to have the broker dead-letter them. */
    String deadLetterQueueOf(String queue) {
        if (allByBroker || (byBroker != null && byBroker.test(queue))) {
            return "";
        }
        return deadLetterQueue == null ? queue + ".dead" : deadLetterQueue;
    }

    /** Null: one made from the container's. */
    @Nullable ConnectionFactory publishing() {
        return publishing;
    }

    void publishing(ConnectionFactory factory) {
        this.publishing = factory;
    }

    /** Null: dead letters are published, or left to the broker. */
    @Nullable MessageRecoverer recoverer() {
        return recoverer;
    }

    void recoverer(MessageRecoverer other) {
        this.recoverer = other;
    }
}
