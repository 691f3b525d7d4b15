package io.dedup.spring;

import static java.util.Objects.requireNonNull;

import io.dedup.DedupListener;
import io.dedup.Deduplicator;
import io.dedup.DifferentBody;
import io.dedup.LaneKey;
import io.dedup.MessageIdResolver;
import io.dedup.MessageKey;
import io.dedup.MissingId;
import io.dedup.NeverRetryException;
import io.dedup.spi.Backoff;
import java.time.Duration;
import java.util.Arrays;
import java.util.function.Consumer;
import java.util.function.Predicate;
import javax.sql.DataSource;
import org.aopalliance.aop.Advice;
import org.springframework.amqp.AmqpRejectAndDontRequeueException;
import org.springframework.amqp.rabbit.config.AbstractRabbitListenerContainerFactory;
import org.springframework.amqp.rabbit.connection.ConnectionFactory;
import org.springframework.amqp.rabbit.listener.RabbitListenerContainerFactory;
import org.springframework.amqp.rabbit.retry.MessageRecoverer;
import org.springframework.transaction.PlatformTransactionManager;

/**
 * How listeners are protected: each message's key and what its handler writes share one Spring transaction, and the
 * message is acknowledged after the verified commit.
 *
 * <pre>{@code
 * @Bean
 * DedupRabbitListenerContainerFactory dedupRabbitListenerContainerFactory(
 *         ConnectionFactory rabbit, DataSource dataSource, PlatformTransactionManager transactions) {
 *     Deduplicator dedup = Deduplicator.create(dataSource);
 *     dedup.admin().migrate();
 *     var factory = new DedupRabbitListenerContainerFactory(Protection.of(dedup, transactions, dataSource));
 *     factory.setConnectionFactory(rabbit);
 *     return factory;
 * }
 * }</pre>
 *
 * <p>A container of the library's factories is, from its start, one of two kinds, and says at INFO which:
 *
 * <ul>
 *   <li><em>holding</em>, the default: the library acknowledges. A message whose attempt failed stays unacknowledged for
 *       its pause and runs again here, while others pass it; after the last attempt it is published to the dead-letter
 *       queue. One consumer serves all threads.
 *   <li><em>settling</em>, where the application has a policy of its own: a retry advice, an error handler, {@code
 *       defaultRequeueRejected=false}, a {@linkplain #recoverer recoverer}, or transacted channels. What a handler throws
 *       passes through the container's advice (each retry is a transaction of its own) and error handler, and the
 *       container settles. A message that cannot be processed now (the database is away, another consumer is at work on
 *       it) keeps its thread waiting, for up to ten minutes at a time.
 * </ul>
 *
 * Immutable; each method returns a changed copy.
 */
public final class Protection {

    private final ListenerConfig config;

    private Protection(ListenerConfig config) {
        this.config = config;
    }

    /**
     * With the defaults: the consumer is the queue that a message comes from, its ID the AMQP property {@code
     * message-id}; a message without ID is dead-lettered, one that fails has 5 attempts; one transaction for each.
     *
     * @param dedup the deduplicator; its options (table, waits, retention, listener) hold here too
     * @param manager whose transactions the handlers' writes are in
     * @param dataSource the deduplicator's, and the one that the manager works on
     * @return the protection
     */
    public static Protection of(Deduplicator dedup, PlatformTransactionManager manager, DataSource dataSource) {
        return new Protection(new ListenerConfig(dedup, new SpringTransactions(manager, dataSource)));
    }

    /**
     * The logical name under which messages count as processed. Default: the queue that each comes from. Name it where a
     * queue is renamed, or where two queues feed one consumer.
     *
     * @param name 1 to 255 bytes of UTF-8
     * @return a copy
     */
    public Protection consumer(String name) {
        var unused = new MessageKey(name, "any"); // throws what is wrong with the name
        return changed(copy -> copy.consumer(name));
    }

    /**
     * Where a message's ID is. Default: {@link MessageIdResolver#property()}. RabbitTemplate sends no ID of itself: {@code
     * setCreateMessageIds(true)} on its message converter.
     *
     * @param resolver finds it
     * @return a copy
     */
    public Protection messageId(MessageIdResolver resolver) {
        requireNonNull(resolver, "messageId");
        return changed(copy -> copy.policy(copy.policy().messageId(resolver)));
    }

    /**
     * What to do with a message that has no ID. Default: {@link MissingId#DEAD_LETTER}.
     *
     * @param missing what to do
     * @return a copy
     */
    public Protection onMissingId(MissingId missing) {
        requireNonNull(missing, "onMissingId");
        return changed(copy -> copy.policy(copy.policy().missingId(missing)));
    }

    /**
     * Stores the SHA-256 of each body beside the key, so that a new message under an old one's ID is told from a
     * duplicate. Default: off, since a publisher that serialises a retry anew may write other bytes.
     *
     * @param other what to do with such a message
     * @return a copy
     */
    public Protection onDifferentBody(DifferentBody other) {
        requireNonNull(other, "onDifferentBody");
        return changed(copy -> copy.policy(copy.policy().differentBody(other)));
    }

    /**
     * Dead-letters a message whose AMQP {@code timestamp} lies longer ago than this, unless it is a duplicate: its key may
     * have been forgotten, and it would be processed again. Messages without a timestamp pass. Default: no limit.
     *
     * @param age at most the deduplicator's retention
     * @return a copy
     */
    public Protection maxAge(Duration age) {
        return changed(copy -> copy.policy(copy.policy().maxAge(age)));
    }

    /**
     * How often a message's handler may fail before the message is dead-lettered. Counted in the database, so by all nodes
     * together and beyond their restarts; failures that are not the handler's do not count. Default: 5; where a retry
     * advice, an error handler or {@code defaultRequeueRejected=false} decides, failures are not counted unless this is
     * called, and then each attempt of a retry advice counts.
     *
     * @param attempts at least 1
     * @return a copy
     */
    public Protection maxAttempts(int attempts) {
        requirePositive("maxAttempts", attempts);
        return changed(copy -> copy.maxAttempts(attempts));
    }

    /**
     * Failures after which another attempt cannot help; the message is dead-lettered at once. {@link NeverRetryException}
     * always is one. Default: no other.
     *
     * @param predicate asked with what the handler threw
     * @return a copy
     */
    public Protection neverRetry(Predicate<Throwable> predicate) {
        requireNonNull(predicate, "neverRetry");
        return changed(copy -> copy.policy(copy.policy().neverRetry(predicate)));
    }

    /**
     * How long a message waits, unacknowledged, before it is run again after a failed attempt: the first pause, and twice
     * as long each time up to the longest. Default: 1 second to 1 minute. Others pass it meanwhile. In settling containers
     * the pauses are those of the application's own policy, if it has any.
     *
     * @param first at least 1 millisecond
     * @param longest at least the first, and at most 19 minutes: nothing is held for longer than 20
     * @return a copy
     */
    public Protection pause(Duration first, Duration longest) {
        Backoff backoff = new Backoff(first, longest);
        return changed(copy -> copy.policy(copy.policy().pauses(backoff)));
    }

    /**
     * Lets messages that have been delivered already share a transaction: one claim and one commit for up to this many,
     * and the handler still gets one at a time. None is waited for. A handler may run again although another message of its
     * group failed: leave it at 1 where handlers have effects outside the database. Default: 1.
     *
     * @param messages from 20 to 100 as a rule; more than the prefetch never wait in one place
     * @return a copy
     */
    public Protection maxGroup(int messages) {
        requirePositive("maxGroup", messages);
        return changed(copy -> copy.maxGroup(messages));
    }

    /**
     * Sends all messages of one business entity through the same thread of a container, in the order they came in. While a
     * message waits for its next attempt, later ones of its entity wait behind it, and other entities pass. For holding
     * containers. Several containers on one queue do not know of each other's lanes; RabbitMQ's single active consumer
     * sees to that. Default: the order does not matter, except in exclusive consumers, whose messages all keep theirs.
     *
     * @param key names the entity
     * @return a copy
     * @see <a href="https://www.rabbitmq.com/docs/consumers#single-active-consumer">RabbitMQ, single active consumer</a>
     */
    public Protection lane(LaneKey key) {
        requireNonNull(key, "lane");
        return changed(copy -> copy.lane(key));
    }

    /**
     * Where messages are dead-lettered: those that failed too often, and those that can never be processed. Each is
     * published with the reason in its headers ({@code x-dedup-reason} and others), and acknowledged when the broker has
     * confirmed that. Declared if it is not there: durable, and a quorum queue on RabbitMQ. Default: the name of the queue
     * that the message comes from and {@code .dead}.
     *
     * @param name the queue
     * @return a copy
     */
    public Protection deadLetterQueue(String name) {
        if (name.isBlank()) {
            throw new IllegalArgumentException("the dead-letter queue's name is blank; for the broker's own"
                    + " dead-lettering call deadLetterByBroker()");
        }
        return changed(copy -> copy.deadLetterQueue(name));
    }

    /**
     * Rejects messages that are to be dead-lettered, so that the broker dead-letters them as the queue is configured;
     * nothing is declared, and no reason added. You vouch that the queue has a dead-letter exchange and that it leads to a
     * queue: where it does not, RabbitMQ drops the message.
     *
     * @return a copy
     * @see <a href="https://www.rabbitmq.com/docs/dlx">RabbitMQ, dead-letter exchanges</a>
     */
    public Protection deadLetterByBroker() {
        return changed(ListenerConfig::deadLetterByBroker);
    }

    /**
     * Like {@link #deadLetterByBroker()}, for some queues; messages of others are published to their dead-letter queue. Ends
     * with a later {@link #deadLetterQueue}.
     *
     * @param queue asked with the name of the queue that a message comes from; must be thread-safe
     * @return a copy
     */
    public Protection deadLetterByBroker(Predicate<String> queue) {
        requireNonNull(queue, "queue");
        return changed(copy -> copy.deadLetterByBroker(queue));
    }

    /**
     * Where dead letters and replies are published: on a connection that nobody consumes on, since an alarm of the broker
     * blocks a connection that publishes, acknowledgements included. Default: the publisher's connection of the
     * container's factory, as Spring's factories have one.
     *
     * @param factory another one than the listeners'
     * @return a copy
     * @see <a href="https://www.rabbitmq.com/docs/connection-blocked">RabbitMQ, blocked connections</a>
     */
    public Protection publishingConnection(ConnectionFactory factory) {
        requireNonNull(factory, "publishingConnection");
        return changed(copy -> copy.publishing(factory));
    }

    /**
     * Who is notified of these listeners' messages, beside the Deduplicator's own listener; another one each time this is
     * called. Default: nobody.
     *
     * @param other must be thread-safe
     * @return a copy
     */
    public Protection listener(DedupListener other) {
        requireNonNull(other, "listener");
        return changed(copy -> copy.engine(copy.engine().notifying(other)));
    }

    /**
     * The application's own policy for messages that failed too often and those that can never be processed, in place of
     * the dead-letter queue; the container is a settling one then. A recoverer that returns normally vouches that the
     * message is safe: it is acknowledged. One that throws an {@link AmqpRejectAndDontRequeueException} has it rejected;
     * whatever else it throws, it is called again after a pause.
     *
     * @param own one of Spring's, such as a RepublishMessageRecovererWithConfirms
     * @return a copy
     */
    public Protection recoverer(MessageRecoverer own) {
        requireNonNull(own, "recoverer");
        return changed(copy -> copy.recoverer(own));
    }

    /**
     * For a container that the library did not make, with {@code AcknowledgeMode.AUTO}: its advice with the protection
     * inside and around it. The container settles, and is not checked.
     *
     * <pre>{@code container.setAdviceChain(protection.around(retry)); }</pre>
     *
     * @param advice the container's own, in its order; may be none
     * @return what to set instead
     * @throws IllegalStateException if it is not said what is to become of dead letters, by {@link #recoverer}, {@link
     *     #publishingConnection} or {@link #deadLetterByBroker}
     */
    public Advice[] around(Advice... advice) {
        return new Advice[] {new DedupAdvice(SettlingContainer.foreign(config, advice), advice)};
    }

    /**
     * Whether the containers that a factory makes are protected: it is one of the library's, or its advice is what {@link
     * #around} gave.
     *
     * @param factory the factory
     * @return false if its listeners' messages are not de-duplicated
     */
    public static boolean isIn(RabbitListenerContainerFactory<?> factory) {
        if (factory instanceof DedupRabbitListenerContainerFactory
                || factory instanceof DedupDirectRabbitListenerContainerFactory) {
            return true;
        }
        Advice[] advice =
                factory instanceof AbstractRabbitListenerContainerFactory<?> springs ? springs.getAdviceChain() : null;
        return advice != null && Arrays.stream(advice).anyMatch(DedupAdvice.class::isInstance);
    }

    ListenerConfig config() {
        return config;
    }

    private Protection changed(Consumer<ListenerConfig> change) {
        return new Protection(config.changed(change));
    }

    private static void requirePositive(String name, int value) {
        if (value < 1) {
            throw new IllegalArgumentException(name + " " + value + " is not positive");
        }
    }
}
