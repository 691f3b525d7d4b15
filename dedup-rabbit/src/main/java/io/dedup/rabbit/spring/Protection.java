package io.dedup.rabbit.spring;

import static java.util.Objects.requireNonNull;

import io.dedup.Deduplicator;
import io.dedup.MessageKey;
import io.dedup.Result;
import io.dedup.rabbit.DifferentBody;
import io.dedup.rabbit.MessageIdResolver;
import io.dedup.rabbit.MissingId;
import io.dedup.rabbit.NeverRetryException;
import java.util.function.BiConsumer;
import javax.sql.DataSource;
import org.aopalliance.aop.Advice;
import org.jspecify.annotations.Nullable;
import org.springframework.amqp.AmqpRejectAndDontRequeueException;
import org.springframework.amqp.core.Message;
import org.springframework.amqp.rabbit.retry.MessageRecoverer;
import org.springframework.amqp.rabbit.retry.RejectAndDontRequeueRecoverer;
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
 *     dedup.migrate();
 *     var factory = new DedupRabbitListenerContainerFactory(Protection.of(dedup, transactions, dataSource));
 *     factory.setConnectionFactory(rabbit);
 *     return factory;
 * }
 * }</pre>
 *
 * Inside the container all goes by Spring's rules: what a handler throws passes through the container's advice (each
 * retry is a transaction of its own), error handler and dead-letter settings. Trouble that is not the handler's (the
 * database is away, another consumer is at work on the message, the commit's answer was lost) never gets that far: the
 * message is kept and tried again after a pause, for up to ten minutes at a time, and then given back to its queue; it is
 * never rejected.
 *
 * <p>Immutable; each method returns a changed copy.
 */
public final class Protection {

    private final Terms terms;

    private Protection(Terms terms) {
        this.terms = terms;
    }

    /**
     * With the defaults: the consumer is the queue that a message comes from, its ID the AMQP property {@code
     * message-id}; messages without ID are kept, failures are Spring's to count, one transaction for each message.
     *
     * @param dedup the deduplicator; its options (table, waits, retention, listener) hold here too
     * @param manager whose transactions the handlers' writes are in
     * @param dataSource the deduplicator's, and the one that the manager works on
     * @return the protection
     */
    public static Protection of(Deduplicator dedup, PlatformTransactionManager manager, DataSource dataSource) {
        SpringTransactions transactions = new SpringTransactions(manager, dataSource);
        return new Protection(new Terms(
                dedup.with(transactions),
                transactions,
                null,
                Ids.by(MessageIdResolver.property()),
                MissingId.KEEP,
                null,
                0,
                new RejectAndDontRequeueRecoverer("put aside"),
                1,
                (message, result) -> {}));
    }

    /**
     * The logical name under which messages count as processed. Default: the queue that each comes from.
     *
     * @param name 1 to 255 bytes of UTF-8
     * @return a copy
     */
    public Protection consumer(String name) {
        var unused = new MessageKey(name, "any"); // throws what is wrong with the name
        return new Protection(terms.consumer(name));
    }

    /**
     * Where a message's ID is. Default: {@link MessageIdResolver#property()}.
     *
     * @param resolver finds it
     * @return a copy
     */
    public Protection messageId(MessageIdResolver resolver) {
        return new Protection(terms.ids(Ids.by(requireNonNull(resolver, "messageId"))));
    }

    /**
     * What to do with a message that has no ID, or one that cannot be a key. Default: {@link MissingId#KEEP}, with a
     * warning, since a queue without a dead-letter exchange drops what is rejected. RabbitTemplate sends no ID of itself:
     * {@code setCreateMessageIds(true)} on its message converter.
     *
     * @param policy what to do
     * @return a copy
     */
    public Protection onMissingId(MissingId policy) {
        requireNonNull(policy, "onMissingId");
        return with(policy, terms.differentBody(), terms.maxAttempts(), terms.putAside(), terms.groups());
    }

    /**
     * Stores the SHA-256 of each body beside the key, so that a new message under an old one's ID is told from a
     * duplicate. Default: off, since a publisher that serialises a retry anew may write other bytes.
     *
     * @param policy what to do with such a message
     * @return a copy
     */
    public Protection onDifferentBody(DifferentBody policy) {
        requireNonNull(policy, "onDifferentBody");
        return with(terms.missingId(), policy, terms.maxAttempts(), terms.putAside(), terms.groups());
    }

    /**
     * How often a message's handler may fail before the message is {@linkplain #putAside put aside}, counted in the
     * database, so by all nodes together and beyond their restarts; each attempt of a retry advice counts.
     * {@link NeverRetryException} puts aside at once in any case. Default: failures are not counted, and Spring's own
     * settings decide.
     *
     * @param attempts at least 1
     * @return a copy
     */
    public Protection maxAttempts(int attempts) {
        requirePositive("maxAttempts", attempts);
        return with(terms.missingId(), terms.differentBody(), attempts, terms.putAside(), terms.groups());
    }

    /**
     * What becomes of a message that is put aside: those that failed too often, those that can never be processed. One
     * that returns normally vouches that the message is safe; it is acknowledged. One that throws an
     * {@link AmqpRejectAndDontRequeueException} has it rejected; whatever else it throws, it is asked again after a pause.
     * Default: rejected, so that the broker dead-letters it as the queue is configured, and <em>drops</em> it where it is
     * not.
     *
     * @param recoverer one of Spring's, such as a RepublishMessageRecovererWithConfirms
     * @return a copy
     */
    public Protection putAside(MessageRecoverer recoverer) {
        requireNonNull(recoverer, "putAside");
        return with(terms.missingId(), terms.differentBody(), terms.maxAttempts(), recoverer, terms.groups());
    }

    /**
     * How many messages that wait anyway may share a transaction; the handler still gets one at a time, and none is
     * waited for. For {@link DedupRabbitListenerContainerFactory} only. Default: 1.
     *
     * @param max at least 1
     * @return a copy
     * @see io.dedup.Groups
     */
    public Protection groups(int max) {
        requirePositive("groups", max);
        return with(terms.missingId(), terms.differentBody(), terms.maxAttempts(), terms.putAside(), max);
    }

    /**
     * Who is told what became of each attempt, on the listener's thread and after its transaction. What it throws is
     * logged and goes no further. Default: nobody.
     *
     * @param listener must be thread-safe
     * @return a copy
     */
    public Protection onResult(BiConsumer<Message, Result> listener) {
        return new Protection(new Terms(
                terms.dedup(),
                terms.transactions(),
                terms.consumer(),
                terms.ids(),
                terms.missingId(),
                terms.differentBody(),
                terms.maxAttempts(),
                terms.putAside(),
                terms.groups(),
                requireNonNull(listener, "onResult")));
    }

    /**
     * For a container that is made by hand: its advice with protection inside and around it. Not for {@code
     * AcknowledgeMode.MANUAL}, and without the checks that the library's container factories make.
     *
     * <pre>{@code container.setAdviceChain(protection.around(retry)); }</pre>
     *
     * @param advice the container's own, in its order; may be none
     * @return what to set instead
     */
    public Advice[] around(Advice... advice) {
        Protector.Setting setting = new Protector.Setting(false, false, true, true);
        return new Advice[] {new Chain(new Protector(terms, setting, () -> true, ListenerFailures::asItIs), advice)};
    }

    Terms terms() {
        return terms;
    }

    private Protection with(
            MissingId missingId,
            @Nullable DifferentBody differentBody,
            int maxAttempts,
            MessageRecoverer putAside,
            int groups) {
        return new Protection(new Terms(
                terms.dedup(),
                terms.transactions(),
                terms.consumer(),
                terms.ids(),
                missingId,
                differentBody,
                maxAttempts,
                putAside,
                groups,
                terms.onResult()));
    }

    private static void requirePositive(String name, int value) {
        if (value < 1) {
            throw new IllegalArgumentException(name + " " + value + " is not positive");
        }
    }
}
