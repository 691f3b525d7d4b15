package io.dedup.examples.soak;

import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.ConnectionFactory;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.NavigableMap;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.TimeoutException;

/**
 * Publishes at a steady rate, directly to the broker and with confirms. What is not confirmed when a connection breaks
 * is published again, as careful publishers do.
 */
final class Publisher implements Runnable {

    private static final double DUPLICATES = 0.1;
    private static final double POISON = 0.001;
    private static final double NO_ID = 0.0005;
    private static final int REMEMBERED = 3_000;
    private static final int MOST_UNCONFIRMED = 1_000;
    private static final int TICK_MILLIS = 20;

    private final ConnectionFactory factory;
    private final Ledger ledger;
    private final Random random;
    private final int perTick;
    private final Deque<Message> again = new ConcurrentLinkedDeque<>();
    private final List<Message> recent = new ArrayList<>();
    private Message last = Message.of(Message.Kind.GOOD, 0);
    private long number;
    private volatile boolean stopping;

    Publisher(TestBed bed, Ledger ledger, Settings settings) {
        this.factory = bed.broker.connectionFactory();
        factory.setAutomaticRecoveryEnabled(false);
        factory.setRequestedHeartbeat(5);
        this.ledger = ledger;
        this.random = settings.random(1);
        this.perTick = Math.max(1, settings.rate() * TICK_MILLIS / 1_000);
    }

    /** Ends the run once everything is confirmed. */
    void stop() {
        stopping = true;
    }

    @Override
    public void run() {
        boolean confirmed = false;
        while (!confirmed) {
            try (Connection connection = factory.newConnection("soak-publisher")) {
                confirmed = publishOn(connection);
            } catch (IOException | TimeoutException | RuntimeException e) {
                confirmed = !pause(300);
            }
        }
    }

    /** Returns true at the very end, false if some are to be published again on another connection. */
    private boolean publishOn(Connection connection) throws IOException {
        NavigableMap<Long, Message> unconfirmed = new ConcurrentSkipListMap<>();
        try {
            Channel channel = connection.createChannel();
            channel.confirmSelect();
            channel.addConfirmListener(
                    (tag, multiple) -> take(unconfirmed, tag, multiple),
                    (tag, multiple) -> again.addAll(take(unconfirmed, tag, multiple)));
            while (!stopping || !unconfirmed.isEmpty() || !again.isEmpty()) {
                if (!connection.isOpen() || !pause(TICK_MILLIS)) {
                    return false;
                }
                for (int i = 0; i < perTick && unconfirmed.size() < MOST_UNCONFIRMED && hasNext(); i++) {
                    Message next = next();
                    unconfirmed.put(channel.getNextPublishSeqNo(), next);
                    channel.basicPublish("", TestBed.QUEUE, next.properties(), next.body());
                }
            }
            return true;
        } finally {
            again.addAll(unconfirmed.values());
        }
    }

    private static List<Message> take(NavigableMap<Long, Message> unconfirmed, long tag, boolean multiple) {
        NavigableMap<Long, Message> settled =
                multiple ? unconfirmed.headMap(tag, true) : unconfirmed.subMap(tag, true, tag, true);
        List<Message> messages = List.copyOf(settled.values());
        settled.clear();
        return messages;
    }

    private boolean hasNext() {
        return !stopping || !again.isEmpty();
    }

    private Message next() {
        Message repeated = again.poll();
        if (repeated == null && !recent.isEmpty() && random.nextDouble() < DUPLICATES) {
            repeated = random.nextBoolean() ? last : recent.get(random.nextInt(recent.size()));
        }
        if (repeated != null) {
            ledger.addCopy();
            return repeated;
        }
        Message message = Message.of(kind(random.nextDouble()), number++);
        ledger.add(message);
        remember(message);
        return message;
    }

    /** The last one is repeated as often as any other: duplicates that meet the original, and such that come late. */
    private void remember(Message message) {
        last = message;
        if (recent.size() < REMEMBERED) {
            recent.add(message);
        } else {
            recent.set(random.nextInt(REMEMBERED), message);
        }
    }

    private static Message.Kind kind(double drawn) {
        return drawn < POISON ? Message.Kind.POISON : drawn < POISON + NO_ID ? Message.Kind.NO_ID : Message.Kind.GOOD;
    }

    private static boolean pause(long millis) {
        try {
            Thread.sleep(millis);
            return true;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }
}
