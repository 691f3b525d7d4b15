package io.dedup.rabbit;

import com.rabbitmq.client.AMQP.BasicProperties;
import com.rabbitmq.client.AlreadyClosedException;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Delivery;
import io.dedup.Reply;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Settles the deliveries of one channel, with {@code multiple} only where everything older is settled: it would
 * acknowledge what is still in work. A call that fails means that the channel is gone and the broker gives the delivery to someone else;
 * if its effects are committed, it will be recognised there.
 *
 * @see <a href="https://www.rabbitmq.com/docs/confirms">RabbitMQ, consumer acknowledgements</a>
 */
final class Settler {

    private static final Logger log = LoggerFactory.getLogger(Settler.class);

    private static final Duration AFTER_FAILED_PUBLISH = Duration.ofSeconds(5);

    private final Channel channel;
    private final @Nullable Unsettled unsettled;
    private final DeadLetters deadLetters;
    private final Pauses pauses;
    private final Consumer<Delivery> again;
    private final Runnable giveUp;

    /**
     * {@code unsettled} is null for a channel on which others settle too; {@code again} is given a delivery that stayed here and whose pause is over; {@code giveUp} is to close the channel
     * when a call on it has failed.
     */
    Settler(
            Channel channel,
            @Nullable Unsettled unsettled,
            DeadLetters deadLetters,
            Pauses pauses,
            Consumer<Delivery> again,
            Runnable giveUp) {
        this.channel = channel;
        this.unsettled = unsettled;
        this.deadLetters = deadLetters;
        this.pauses = pauses;
        this.again = again;
        this.giveUp = giveUp;
    }

    void settle(List<Delivery> deliveries, List<Verdict> verdicts) {
        List<Long> done = new ArrayList<>(deliveries.size());
        for (int i = 0; i < deliveries.size(); i++) {
            if (verdicts.get(i) instanceof Verdict.Ack ack) {
                if (ack.reply() != null) {
                    reply(deliveries.get(i), ack.reply());
                }
                done.add(tag(deliveries.get(i)));
            } else {
                settle(deliveries.get(i), verdicts.get(i));
            }
        }
        ack(done);
    }

    private void settle(Delivery delivery, Verdict verdict) {
        if (verdict instanceof Verdict.GiveBack back) {
            giveBack(delivery, back.failure(), back.pause());
        } else if (verdict instanceof Verdict.Outage outage) {
            giveBack(delivery, false, outage.pause());
        } else if (verdict instanceof Verdict.DeadLetter dead) {
            deadLetter(delivery, dead);
        }
    }

    /**
     * On the same channel as the ack that follows: if that arrives, so has this; if neither does, the request comes again
     * and its stored answer is sent again. A reply that nobody waits for any more is dropped by the broker.
     */
    private void reply(Delivery delivery, Reply reply) {
        BasicProperties properties = new BasicProperties.Builder()
                .correlationId(delivery.getProperties().getCorrelationId())
                .contentType(reply.contentType())
                .build();
        quietly(() -> channel.basicPublish("", delivery.getProperties().getReplyTo(), properties, reply.body()));
    }

    /** One call for those that nothing older is left of, and one for each of the others. */
    private void ack(List<Long> tags) {
        quietly(() -> {
            long allUpTo = unsettled == null ? 0 : unsettled.removeAll(tags);
            long newest = 0;
            int together = 0;
            for (long tag : tags) {
                if (tag > allUpTo) {
                    channel.basicAck(tag, false);
                } else {
                    newest = Math.max(newest, tag);
                    together++;
                }
            }
            if (together > 0) {
                channel.basicAck(newest, together > 1);
            }
        });
    }

    /** The delivery stays unacknowledged during the pause, and others of the channel pass it. */
    private void giveBack(Delivery delivery, boolean failure, Duration pause) {
        pauses.after(pause, () -> {
            if (Returns.areMany(delivery)) {
                again.accept(delivery);
            } else if (failure) {
                settleAlone(delivery, () -> channel.basicReject(tag(delivery), true));
            } else {
                settleAlone(delivery, () -> channel.basicNack(tag(delivery), false, true));
            }
        });
    }

    private void deadLetter(Delivery delivery, Verdict.DeadLetter dead) {
        if (deadLetters.isBrokers()) {
            settleAlone(delivery, () -> channel.basicReject(tag(delivery), false));
        } else if (publish(delivery, dead)) {
            ack(List.of(tag(delivery)));
        } else {
            giveBack(delivery, false, AFTER_FAILED_PUBLISH);
            return;
        }
        log.warn("{} - dead-lettered: {}", dead.key() == null ? "delivery" : dead.key(), dead.reason(), dead.cause());
        deadLetters.done(dead);
    }

    private boolean publish(Delivery delivery, Verdict.DeadLetter dead) {
        try {
            deadLetters.publish(delivery, dead);
            return true;
        } catch (IOException | RuntimeException e) {
            log.warn("a dead letter could not be published; the message stays in its queue", e);
            return false;
        }
    }

    private static long tag(Delivery delivery) {
        return delivery.getEnvelope().getDeliveryTag();
    }

    private interface Call {
        void run() throws IOException;
    }

    /** It counts as unsettled until the call is on its way: nobody's {@code multiple} may overtake that. */
    private void settleAlone(Delivery delivery, Call call) {
        quietly(() -> {
            call.run();
            if (unsettled != null) {
                unsettled.remove(tag(delivery));
            }
        });
    }

    /**
     * One at a time: pauses end on another thread than the one that works, and channels are not for concurrent use.
     * Whatever a call throws: what is not settled would stay with this channel for as long as it lives.
     */
    private void quietly(Call call) {
        synchronized (channel) {
            try {
                call.run();
            } catch (IOException | AlreadyClosedException e) {
                log.debug("the channel is gone; the delivery will come again", e);
                giveUp.run();
            } catch (RuntimeException e) {
                log.warn("a delivery could not be settled; its channel is closed, and it will come again", e);
                giveUp.run();
            }
        }
    }
}
