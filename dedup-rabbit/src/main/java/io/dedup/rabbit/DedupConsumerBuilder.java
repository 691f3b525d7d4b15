package io.dedup.rabbit;

import static java.util.Objects.requireNonNull;

import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.DeliverCallback;
import io.dedup.DedupException;
import io.dedup.Deduplicator;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** Options of a {@link DedupConsumer}. Not thread-safe. */
public final class DedupConsumerBuilder {

    static final int MOST_PREFETCHED = 65_535;
    private static final int USUAL_BATCH = 100;

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
    private int maxGroup; // 0: not set
    private @Nullable LaneKey lane;
    private int maxAttempts = 5;
    private Predicate<Throwable> neverRetry = failure -> false;
    private Duration firstPause = Duration.ofSeconds(1);
    private Duration longestPause = Duration.ofMinutes(1);
    private final List<DeliveryListener> listeners = new ArrayList<>();

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
     * How many threads work at a time, each with a channel of its own (but see {@link #lane}) and with a connection to
     * the database. Default: 1.
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
        if (messages > MOST_PREFETCHED) {
            throw new IllegalArgumentException("prefetch " + messages + " is more than AMQP can say (65535)");
        }
        this.prefetch = requirePositive("prefetch", messages);
        return this;
    }

    /**
     * Lets messages that have been delivered already share a transaction: one claim and one commit for up to this many,
     * and the handler is called for each as before. Never waits for more to come. On trouble a group is rolled back and
     * its messages are processed one by one, so a handler may run again although another message failed: leave it at 1
     * where handlers have effects outside the database. A group keeps its row locks until its commit; where messages
     * touch rows that others touch too, set {@link #lane}. A handler that changes settings of its session ({@code SET
     * LOCAL}) has all messages processed one by one. Default: 1, every message in a transaction of its own.
     *
     * @param messages from 20 to 100 as a rule; more than {@link #prefetch} never wait in one place
     * @return this
     * @see io.dedup.Groups
     */
    public DedupConsumerBuilder maxGroup(int messages) {
        this.maxGroup = requirePositive("maxGroup", messages);
        return this;
    }

    /**
     * Sends all messages of one business entity through the same worker of this consumer, in the order they came in, so
     * that workers never fight for its rows. All workers share one channel then, whose prefetch is {@link #prefetch}
     * times {@link #concurrency}. A message that is tried again loses its place, and several consumers on one queue
     * (other processes too) do not know of each other's lanes; RabbitMQ's single active consumer sees to that.
     *
     * @param key names the entity
     * @return this
     * @see <a href="https://www.rabbitmq.com/docs/consumers#single-active-consumer">RabbitMQ, single active consumer</a>
     */
    public DedupConsumerBuilder lane(LaneKey key) {
        this.lane = requireNonNull(key, "lane");
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
     * Who is told what became of each delivery, for metrics; another one each time this is called. Default: nobody.
     *
     * @param listener must be thread-safe
     * @return this
     */
    public DedupConsumerBuilder listener(DeliveryListener listener) {
        this.listeners.add(requireNonNull(listener, "listener"));
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
        return start(check(maxGroupOr(1)), options -> new OneByOne(options, handler));
    }

    /**
     * Like {@link #start}, for a handler that writes many messages at once, with multi-row statements. It is handed what
     * has arrived, up to {@link #maxGroup}, which is 100 here if it is not set.
     *
     * @param handler what to do for the new ones among some messages
     * @return the consumer; close it before the connection and the DataSource
     * @throws DedupException that says what is missing, if anything is
     */
    public DedupConsumer startBatch(BatchHandler handler) {
        requireNonNull(handler, "handler");
        return start(check(maxGroupOr(USUAL_BATCH)), options -> new Batches(options, handler));
    }

    /**
     * Like {@link #start}, for a handler that says what is to be written instead of writing it: nearly as fast as {@link
     * #startBatch}, with one message at a time. For handlers that need no answer from the database. Up to {@link
     * #maxGroup} messages are written together, 100 if it is not set. Statements are executed in the order of their
     * messages; with {@linkplain #lane lanes}, as {@link #startDeferred(LaneKey, DeferredHandler)} says.
     *
     * @param handler says what to write for each new message
     * @return the consumer; close it before the connection and the DataSource
     * @throws DedupException that says what is missing, if anything is
     */
    public DedupConsumer startDeferred(DeferredHandler handler) {
        requireNonNull(handler, "handler");
        return startBatch(new Deferring(handler, lane == null ? delivery -> null : lane));
    }

    /**
     * The same, where messages of different business entities never touch the same rows: their statements may pass each
     * other, which makes large batches also of handlers with several statements, and are sorted by entity, so that
     * transactions do not deadlock. Messages of one entity keep their order within a transaction.
     *
     * @param entity which messages touch the same rows
     * @param handler says what to write for each new message
     * @return the consumer; close it before the connection and the DataSource
     * @throws DedupException that says what is missing, if anything is
     */
    public DedupConsumer startDeferred(LaneKey entity, DeferredHandler handler) {
        return startBatch(new Deferring(requireNonNull(handler, "handler"), requireNonNull(entity, "entity")));
    }

    private DedupConsumer start(Options options, Function<Options, Processor> processor) {
        dedup.verifyPool(concurrency);
        return new DedupConsumer(connection, options, processor.apply(options));
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
     * again after its own. Concurrency and prefetch are the application's affair, and there are no groups or lanes. Nobody else may acknowledge on that
     * channel with {@code multiple}, and it must not consume with {@code autoAck}.
     *
     * @param channel the channel that consumes
     * @param handler what to do for each new message
     * @return the callback
     * @throws DedupException that says what is missing, if anything is
     */
    public DeliverCallback callback(Channel channel, DeliveryHandler handler) {
        ReplyHandler silent = withoutReply(handler);
        Options options = check(1);
        return new DedupCallback(
                connection, requireNonNull(channel, "channel"), options, new OneByOne(options, silent));
    }

    private Options check(int maxGroup) {
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
                maxGroup,
                lane,
                maxAttempts,
                neverRetry,
                firstPause,
                longestPause,
                DeliveryListener.all(listeners));
        StartCheck.run(connection, options);
        return options;
    }

    private int maxGroupOr(int usual) {
        return maxGroup == 0 ? usual : maxGroup;
    }

    private static int requirePositive(String name, int value) {
        if (value < 1) {
            throw new IllegalArgumentException(name + " " + value + " is not positive");
        }
        return value;
    }
}
