package io.dedup.rabbit;

import static java.util.Objects.requireNonNull;

import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.DeliverCallback;
import com.rabbitmq.client.Delivery;
import io.dedup.DedupException;
import io.dedup.DedupListener;
import io.dedup.Deduplicator;
import io.dedup.DifferentBody;
import io.dedup.LaneKey;
import io.dedup.MessageIdResolver;
import io.dedup.MissingId;
import io.dedup.NeverRetryException;
import io.dedup.amqp.ConfirmedPublisher;
import io.dedup.amqp.DeadLetterPublisher;
import io.dedup.amqp.DeliverySettler;
import io.dedup.amqp.DeliveryWorkers;
import io.dedup.amqp.HeldDelivery;
import io.dedup.spi.Backoff;
import io.dedup.spi.DeliveryProcessor;
import io.dedup.spi.Engine;
import io.dedup.spi.MessagePolicy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Options of a {@link DedupConsumer}. Not thread-safe. */
public final class DedupConsumerBuilder {

    private static final int USUAL_BATCH = 100;

    private final Connections connections;
    private final Deduplicator dedup;
    private final String queue;
    private String consumer;
    private String deadLetterQueue;
    private MessagePolicy policy = MessagePolicy.DEFAULT;
    private int concurrency = 1;
    private int prefetch = 100;
    private int maxGroup; // 0: not set
    private @Nullable LaneKey lane;
    private DedupListener listener = DedupListener.NONE;

    DedupConsumerBuilder(Connections connections, Deduplicator dedup, String queue) {
        this.connections = connections;
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
        this.policy = policy.messageId(requireNonNull(resolver, "messageId"));
        return this;
    }

    /**
     * What to do with a message that has no ID. Default: {@link MissingId#DEAD_LETTER}.
     *
     * @param missing what to do
     * @return this
     */
    public DedupConsumerBuilder onMissingId(MissingId missing) {
        this.policy = policy.missingId(requireNonNull(missing, "onMissingId"));
        return this;
    }

    /**
     * Stores the SHA-256 of each body beside the key, so that a new message under an old one's ID is told from a
     * duplicate. Default: off, since a publisher that serialises a retry anew may write other bytes.
     *
     * @param other what to do with such a message
     * @return this
     */
    public DedupConsumerBuilder onDifferentBody(DifferentBody other) {
        this.policy = policy.differentBody(requireNonNull(other, "onDifferentBody"));
        return this;
    }

    /**
     * Dead-letters a message whose AMQP {@code timestamp} lies longer ago than this, unless it is a duplicate: its key may
     * have been forgotten, and it would be processed again. Messages without a timestamp pass. Default: no limit.
     *
     * @param age at most the deduplicator's retention
     * @return this
     */
    public DedupConsumerBuilder maxAge(Duration age) {
        this.policy = policy.maxAge(age);
        return this;
    }

    /**
     * How often a message's handler may fail before the message is dead-lettered. Counted in the database, so by all nodes
     * together and beyond their restarts; trouble that is not the handler's does not count. Default: 5.
     *
     * @param attempts at least 1
     * @return this
     */
    public DedupConsumerBuilder maxAttempts(int attempts) {
        this.policy = policy.maxAttempts(requirePositive("maxAttempts", attempts));
        return this;
    }

    /**
     * Failures after which another attempt cannot help; the message is dead-lettered at once. {@link NeverRetryException}
     * always is one. Default: no other.
     *
     * @param predicate asked with what the handler threw
     * @return this
     */
    public DedupConsumerBuilder neverRetry(Predicate<Throwable> predicate) {
        this.policy = policy.neverRetry(requireNonNull(predicate, "neverRetry"));
        return this;
    }

    /**
     * How many threads work at a time, each with a connection to the database. One subscription serves all of them.
     * Default: 1.
     *
     * @param workers at least 1
     * @return this
     */
    public DedupConsumerBuilder concurrency(int workers) {
        this.concurrency = requirePositive("concurrency", workers);
        return this;
    }

    /**
     * How many unacknowledged messages the broker hands out for each worker, so {@link #concurrency} times as many in all.
     * Default: 100. Those that wait for their next attempt are among them; with 1, one such message keeps others waiting.
     *
     * @param messages 1 to 65535
     * @return this
     * @see <a href="https://www.rabbitmq.com/docs/consumer-prefetch">RabbitMQ, consumer prefetch</a>
     */
    public DedupConsumerBuilder prefetch(int messages) {
        if (messages > DeliveryWorkers.MOST_PREFETCHED) {
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
     * that workers never fight for its rows. While a message waits for its next attempt, later ones of its entity wait
     * behind it, and other entities pass. Several consumers on one queue (other processes too) do not know of each other's
     * lanes; RabbitMQ's single active consumer sees to that.
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
     * How long a message waits, unacknowledged, before it is run again after a failed attempt: the first pause, and twice as long each
     * time up to the longest. Default: 1 second to 1 minute. Others pass it meanwhile.
     *
     * @param first at least 1 millisecond
     * @param longest at least the first, and below RabbitMQ's delivery acknowledgement timeout (30 minutes)
     * @return this
     */
    public DedupConsumerBuilder pause(Duration first, Duration longest) {
        this.policy = policy.pauses(new Backoff(first, longest));
        return this;
    }

    /**
     * Where messages are dead-lettered: those that failed too often, and those that can never be processed. Each is published
     * with the reason in its headers ({@code x-dedup-reason} and others), and acknowledged when the broker has confirmed
     * that. Declared if it is not there: durable, and a quorum queue on RabbitMQ. Default: the queue's name and {@code
     * .dead}.
     *
     * @param name the queue
     * @return this
     * @see DeadLetterReplay
     */
    public DedupConsumerBuilder deadLetterQueue(String name) {
        if (name.isBlank()) {
            throw new IllegalArgumentException(
                    "the dead-letter queue's name is blank; for the broker's own dead-lettering"
                            + " call deadLetterByBroker()");
        }
        this.deadLetterQueue = name;
        return this;
    }

    /**
     * Rejects messages that are to be dead-lettered, so that the broker dead-letters it as the queue is configured; nothing of ours is
     * declared, and no reason added. You vouch that the queue has a dead-letter exchange and that it leads to a queue:
     * where it does not, RabbitMQ drops the message.
     *
     * @return this
     * @see <a href="https://www.rabbitmq.com/docs/dlx">RabbitMQ, dead-letter exchanges</a>
     */
    public DedupConsumerBuilder deadLetterByBroker() {
        this.deadLetterQueue = "";
        return this;
    }

    /**
     * Who is notified of this consumer's messages, beside the Deduplicator's own listener; another one each time this is
     * called. Default: nobody.
     *
     * @param other must be thread-safe
     * @return this
     */
    public DedupConsumerBuilder listener(DedupListener other) {
        this.listener = listener.and(requireNonNull(other, "listener"));
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
        return start(
                maxGroupOr(1),
                (config, deliveries) -> config.engine()
                        .processor(config.policy(), deliveries, config.maxGroup(), new PlainHandler(handler)));
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
        return start(
                maxGroupOr(USUAL_BATCH),
                (config, deliveries) -> config.engine()
                        .batchProcessor(
                                config.policy(),
                                deliveries,
                                config.maxGroup(),
                                (tx, fresh) -> handler.handle(tx, contentsOf(fresh))));
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

    private interface Processing {
        DeliveryProcessor<HeldDelivery<Delivery>> of(ConsumerConfig config, PlainDeliveries deliveries);
    }

    private DedupConsumer start(int group, Processing processing) {
        ConsumerConfig config = config(group);
        config.engine().verifyPool(concurrency);
        Connection connection = connections.consuming(consumer);
        ConfirmedPublisher publisher = publisher(connections, config);
        try {
            DeadLetterPublisher deadLetters = new DeadLetterPublisher(publisher);
            StartCheck.run(connection, deadLetters, config);
            PlainDeliveries deliveries = new PlainDeliveries(config, publisher);
            return new DedupConsumer(
                    connections,
                    connection,
                    config,
                    publisher,
                    deadLetters,
                    deliveries,
                    processing.of(config, deliveries));
        } catch (RuntimeException | Error e) {
            publisher.close();
            if (connections.isOwned()) {
                connection.abort();
            }
            throw e;
        }
    }

    private ConsumerConfig config(int group) {
        return new ConsumerConfig(
                dedup.engine().notifying(listener).waitingAtMost(DeliveryWorkers.CLAIM_WAIT),
                queue,
                consumer,
                deadLetterQueue,
                policy,
                concurrency,
                prefetch,
                group,
                lane);
    }

    private static ConfirmedPublisher publisher(Connections connections, ConsumerConfig config) {
        return new ConfirmedPublisher(
                connections.publishing(config.consumer()),
                connections.isOwned(),
                config.engine().scheduler("dedup-" + config.consumer() + "-publisher"));
    }

    private static List<Delivery> contentsOf(List<HeldDelivery<Delivery>> held) {
        return held.stream().map(HeldDelivery::content).collect(Collectors.toCollection(ArrayList::new));
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
     * It works on the thread that calls it. A message whose attempt failed stays unacknowledged for its pause and is then
     * returned to its queue; only one that its quorum queue has got back ten times already is run again on a thread of the
     * library, since RabbitMQ 4 drops it at its 21st return. There is no pause while the database is away: each message
     * comes again after its own. Concurrency and prefetch are the application's affair, and there are no groups or lanes.
     * Nobody else may acknowledge on that channel with {@code multiple}, and it must not consume with {@code autoAck}.
     * Where the builder was given a ConnectionFactory, the connection that publishes dead letters stays open until the
     * process ends.
     *
     * @param channel the channel that consumes
     * @param handler what to do for each new message
     * @return the callback
     * @throws DedupException that says what is missing, if anything is
     */
    public DeliverCallback callback(Channel channel, DeliveryHandler handler) {
        requireNonNull(channel, "channel");
        PlainHandler silent = new PlainHandler(withoutReply(handler));
        ConsumerConfig config = config(1);
        Engine engine = dedup.engine().notifying(listener);
        ConfirmedPublisher publisher = publisher(connections, config);
        DeadLetterPublisher deadLetters = new DeadLetterPublisher(publisher);
        try {
            StartCheck.run(channel.getConnection(), deadLetters, config);
        } catch (RuntimeException e) {
            publisher.close();
            throw e;
        }
        PlainDeliveries deliveries = new PlainDeliveries(config, publisher);
        return DedupCallback.on(
                channel,
                new DeliverySettler<>(
                        consumer, engine, engine.processor(policy, deliveries, 1, silent), deliveries, deadLetters));
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
