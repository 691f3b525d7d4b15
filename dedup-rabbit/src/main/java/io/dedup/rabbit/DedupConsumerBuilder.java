package io.dedup.rabbit;

import static java.util.Objects.requireNonNull;

import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.DeliverCallback;
import io.dedup.DedupException;
import io.dedup.Deduplicator;
import io.dedup.MessageKey;
import io.dedup.Outcome;
import java.io.IOException;
import java.time.Duration;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Options of a {@link DedupConsumer}. Not thread-safe. */
public final class DedupConsumerBuilder {

    private static final Logger log = LoggerFactory.getLogger(DedupConsumerBuilder.class);

    private final Connection connection;
    private final Deduplicator dedup;
    private final String queue;
    private String consumer;
    private @Nullable String deadLetterQueue;
    private MessageIdResolver resolver = MessageIdResolver.property();
    private MissingId missingId = MissingId.DEAD_LETTER;
    private boolean fingerprints;
    private DifferentBody differentBody = DifferentBody.DEAD_LETTER;
    private @Nullable Duration maxAge;
    private int concurrency = 1;
    private int prefetch = 100;
    private int maxAttempts = 5;
    private Predicate<Throwable> neverRetry = failure -> false;
    private Duration firstPause = Duration.ofSeconds(1);
    private Duration longestPause = Duration.ofMinutes(1);

    DedupConsumerBuilder(Connection connection, Deduplicator dedup, String queue) {
        this.connection = requireNonNull(connection, "connection");
        this.dedup = requireNonNull(dedup, "dedup");
        this.queue = requireNonNull(queue, "queue");
        this.consumer = queue;
        this.deadLetterQueue = queue + ".dead";
    }

    /**
     * The logical name under which messages count as processed. Default: the queue. Name it where a queue is renamed,
     * or where two queues feed one consumer.
     *
     * @param name 1 to 255 bytes of UTF-8
     * @return this
     */
    public DedupConsumerBuilder consumer(String name) {
        this.consumer = requireNonNull(name, "consumer");
        return this;
    }

    /**
     * Where a message's ID is. Default: {@link MessageIdResolver#property()}.
     *
     * @param resolver finds it
     * @return this
     */
    public DedupConsumerBuilder messageId(MessageIdResolver resolver) {
        this.resolver = requireNonNull(resolver, "messageId");
        return this;
    }

    /**
     * What to do with a message that has no ID. Default: {@link MissingId#DEAD_LETTER}.
     *
     * @param policy what to do
     * @return this
     */
    public DedupConsumerBuilder onMissingId(MissingId policy) {
        this.missingId = requireNonNull(policy, "onMissingId");
        return this;
    }

    /**
     * Stores the SHA-256 of each body beside the key, so that a new message under an old one's ID is told from a
     * duplicate. Default: off, since a publisher that serialises a retry anew may write other bytes.
     *
     * @param policy what to do with such a message
     * @return this
     */
    public DedupConsumerBuilder onDifferentBody(DifferentBody policy) {
        this.fingerprints = true;
        this.differentBody = requireNonNull(policy, "onDifferentBody");
        return this;
    }

    /**
     * Puts a message aside whose AMQP {@code timestamp} lies longer ago than this, unless it is recognised: its key may
     * have been forgotten, and it would be processed again. Messages without a timestamp pass. Default: no limit.
     *
     * @param age at most the deduplicator's retention
     * @return this
     */
    public DedupConsumerBuilder maxAge(Duration age) {
        if (age.isNegative() || age.isZero()) {
            throw new IllegalArgumentException("maxAge " + age + " is not positive");
        }
        this.maxAge = age;
        return this;
    }

    /**
     * How often a message's handler may fail before the message is put aside. Counted in the database, so by all nodes
     * together and beyond their restarts; trouble that is not the handler's does not count. Default: 5.
     *
     * @param attempts at least 1
     * @return this
     */
    public DedupConsumerBuilder maxAttempts(int attempts) {
        this.maxAttempts = requirePositive("maxAttempts", attempts);
        return this;
    }

    /**
     * Failures after which another attempt cannot help; the message is put aside at once. {@link NeverRetryException}
     * always is one. Default: no other.
     *
     * @param predicate asked with what the handler threw
     * @return this
     */
    public DedupConsumerBuilder neverRetry(Predicate<Throwable> predicate) {
        this.neverRetry = requireNonNull(predicate, "neverRetry");
        return this;
    }

    /**
     * How many messages are in work at a time, each on a thread and a channel of its own and with a connection to the
     * database. Default: 1.
     *
     * @param workers at least 1
     * @return this
     */
    public DedupConsumerBuilder concurrency(int workers) {
        this.concurrency = requirePositive("concurrency", workers);
        return this;
    }

    /**
     * How many unacknowledged messages the broker hands to each worker. Default: 100. With 1, a message that waits for
     * its next attempt keeps its worker idle.
     *
     * @param messages 1 to 65535
     * @return this
     * @see <a href="https://www.rabbitmq.com/docs/consumer-prefetch">RabbitMQ, consumer prefetch</a>
     */
    public DedupConsumerBuilder prefetch(int messages) {
        if (messages > 65_535) {
            throw new IllegalArgumentException("prefetch " + messages + " is more than AMQP can say (65535)");
        }
        this.prefetch = requirePositive("prefetch", messages);
        return this;
    }

    /**
     * How long a message waits before it comes again after a failed attempt: the first pause, and twice as long each
     * time up to the longest. Default: 1 second to 1 minute. Others pass it meanwhile.
     *
     * @param first at least 1 millisecond
     * @param longest at least the first, and below RabbitMQ's delivery acknowledgement timeout (30 minutes)
     * @return this
     */
    public DedupConsumerBuilder pause(Duration first, Duration longest) {
        if (first.toMillis() < 1 || longest.compareTo(first) < 0 || longest.compareTo(Duration.ofMinutes(29)) > 0) {
            throw new IllegalArgumentException(
                    "pauses " + first + " to " + longest + " are not between 1 ms and 29 minutes, in this order");
        }
        this.firstPause = first;
        this.longestPause = longest;
        return this;
    }

    /**
     * Where messages are put aside: those that failed too often, and those that can never be processed. Each is published
     * with the reason in its headers ({@code x-dedup-reason} and others), and acknowledged when the broker has confirmed
     * that. Declared if it is not there: durable, and a quorum queue on RabbitMQ. Default: the queue's name and {@code
     * .dead}.
     *
     * @param name the queue
     * @return this
     * @see DeadLetterReplay
     */
    public DedupConsumerBuilder deadLetterQueue(String name) {
        this.deadLetterQueue = requireNonNull(name, "deadLetterQueue");
        return this;
    }

    /**
     * Rejects what is put aside, so that the broker dead-letters it as the queue is configured; nothing of ours is
     * declared, and no reason added. You vouch that the queue has a dead-letter exchange and that it leads to a queue:
     * where it does not, RabbitMQ drops the message.
     *
     * @return this
     * @see <a href="https://www.rabbitmq.com/docs/dlx">RabbitMQ, dead-letter exchanges</a>
     */
    public DedupConsumerBuilder deadLetterByBroker() {
        this.deadLetterQueue = null;
        return this;
    }

    /**
     * Checks database, pool and queue, and starts to consume.
     *
     * @param handler what to do for each new message
     * @return the consumer; close it before the connection and the DataSource
     * @throws DedupException that says what is missing, if anything is
     */
    public DedupConsumer start(DeliveryHandler handler) {
        return startReplying(withoutReply(handler));
    }

    /**
     * Like {@link #start}, for a handler that answers requests.
     *
     * @param handler what to do for each new message, and what to answer
     * @return the consumer; close it before the connection and the DataSource
     * @throws DedupException that says what is missing, if anything is
     */
    public DedupConsumer startReplying(ReplyHandler handler) {
        requireNonNull(handler, "handler");
        Options options = check();
        dedup.verifyPool(concurrency);
        return new DedupConsumer(connection, options, handler);
    }

    private static ReplyHandler withoutReply(DeliveryHandler handler) {
        requireNonNull(handler, "handler");
        return (tx, delivery) -> {
            handler.handle(tx, delivery);
            return null;
        };
    }

    /**
     * A callback for a channel of the application's own, which consumes with {@code autoAck = false} and leaves every
     * acknowledgement to the callback:
     *
     * <pre>{@code
     * channel.basicQos(100);
     * channel.basicConsume("orders", false, builder.callback(channel, this::handle), tag -> {});
     * }</pre>
     *
     * It works on the thread that calls it; only a message that its quorum queue is about to drop for having come back too
     * often is tried again on a thread of the library. There is no pause while the database is away: each message comes
     * again after its own. Concurrency and prefetch are the application's affair. Nobody else may acknowledge on that
     * channel with {@code multiple}, and it must not consume with {@code autoAck}.
     *
     * @param channel the channel that consumes
     * @param handler what to do for each new message
     * @return the callback
     * @throws DedupException that says what is missing, if anything is
     */
    public DeliverCallback callback(Channel channel, DeliveryHandler handler) {
        return new DedupCallback(connection, requireNonNull(channel, "channel"), check(), withoutReply(handler));
    }

    private Options check() {
        var unused = new MessageKey(consumer, "any"); // throws what is wrong with the name
        dedup.verify();
        Options options = new Options(
                dedup,
                queue,
                consumer,
                deadLetterQueue,
                resolver,
                missingId,
                fingerprints,
                differentBody,
                maxAge,
                concurrency,
                prefetch,
                maxAttempts,
                neverRetry,
                firstPause,
                longestPause);
        warnOfShortRetention(options);
        try {
            if (!Queues.exists(connection, queue)) {
                throw refusal("there is no queue '" + queue + "'; declare it before its consumer starts", null);
            }
            new DeadLetters(connection, options).declare();
        } catch (IOException | RuntimeException e) {
            throw e instanceof DedupException d
                    ? d
                    : refusal(
                            "cannot look at queue '" + queue + "' or declare '" + deadLetterQueue + "': "
                                    + Queues.reasonOf(e)
                                    + "; check the connection, and the user's rights to read, write and configure them",
                            e);
        }
        return options;
    }

    private static void warnOfShortRetention(Options options) {
        Duration retention = options.dedup().retention();
        Duration retries = new Backoff(options.firstPause(), options.longestPause()).total(options.maxAttempts());
        Duration maxAge = options.maxAge();
        if (retries.compareTo(retention) >= 0) {
            log.warn(
                    "{} - keys are remembered for {}, but {} attempts can take {}; a redelivery may be processed twice."
                            + " Raise the Deduplicator's retention",
                    options.consumer(),
                    retention,
                    options.maxAttempts(),
                    retries);
        }
        if (maxAge != null && maxAge.compareTo(retention) > 0) {
            log.warn(
                    "{} - keys are remembered for {}, but messages may be {} old; an old duplicate may be processed"
                            + " twice. Lower maxAge, or raise the Deduplicator's retention",
                    options.consumer(),
                    retention,
                    maxAge);
        }
    }

    static DedupException refusal(String message, @Nullable Throwable cause) {
        return new DedupException(Outcome.UNAVAILABLE, message, cause);
    }

    private static int requirePositive(String name, int value) {
        if (value < 1) {
            throw new IllegalArgumentException(name + " " + value + " is not positive");
        }
        return value;
    }
}
