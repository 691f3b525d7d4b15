package io.dedup.amqp;

import io.dedup.spi.DeliveryProcessor;
import io.dedup.spi.Disposition.Reason;
import io.dedup.spi.Disposition.RunAgain;
import io.dedup.spi.Engine;
import java.util.List;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Processes deliveries of a channel that is someone else's, on the thread that calls. One whose attempt failed is returned
 * to its queue after its pause. Only where a quorum queue has got a message back ten times already is it run again from
 * here: RabbitMQ 4 drops it at its 21st return. Thread-safe.
 *
 * @param <D> what is processed for a delivery
 * @see <a href="https://www.rabbitmq.com/docs/quorum-queues#poison-message-handling">RabbitMQ, delivery limit</a>
 */
public final class DeliverySettler<D> {

    private static final Logger log = LoggerFactory.getLogger(DeliverySettler.class);

    private static final long MANY_RETURNS = 10;

    private final DeliveryProcessor<HeldDelivery<D>> processor;
    private final ScheduledExecutorService scheduler;
    private final Settlement<D> settlement;

    /**
     * Starts nothing.
     *
     * @param consumer the consumer's logical name, for threads
     * @param engine the deduplicator
     * @param processor what is done with a delivery
     * @param contents what is to be known of the deliveries' contents
     * @param deadLetters where dead letters are published
     */
    public DeliverySettler(
            String consumer,
            Engine engine,
            DeliveryProcessor<HeldDelivery<D>> processor,
            HeldContent<D> contents,
            DeadLetterPublisher deadLetters) {
        this.processor = processor;
        this.scheduler = engine.scheduler("dedup-" + consumer + "-pauses");
        this.settlement = new Settlement<>(
                contents,
                processor,
                deadLetters,
                scheduler,
                engine.scheduler("dedup-" + consumer + "-bookkeeping"),
                new Holder());
    }

    /**
     * Processes and settles a delivery. Throws nothing: an exception that escapes from an amqp-client callback closes the
     * channel.
     *
     * @param delivery the delivery
     */
    public void process(HeldDelivery<D> delivery) {
        if (!delivery.begin()) {
            return;
        }
        try {
            List<HeldDelivery<D>> one = List.of(delivery);
            settlement.settle(one, processor.process(one));
        } catch (RuntimeException | Error e) {
            log.error("a delivery could not be settled; it comes again when its channel is closed", e);
        }
    }

    private final class Holder implements Settlement.Holder<D> {

        @Override
        public void runAgain(HeldDelivery<D> delivery, RunAgain again) {
            if (again.reason() == Reason.UNKNOWN) {
                delivery.afterUnknown();
            }
            delivery.waits();
            try {
                var unused = scheduler.schedule(
                        () -> afterPause(delivery, again.reason()),
                        again.pause().toMillis(),
                        TimeUnit.MILLISECONDS);
            } catch (RejectedExecutionException e) {
                log.debug("closed; the delivery comes again when its channel is closed", e);
            }
        }

        private void afterPause(HeldDelivery<D> delivery, Reason reason) {
            if (delivery.deliveryCount() >= MANY_RETURNS) {
                process(delivery);
            } else if (delivery.settledIfWaiting()) {
                if (reason == Reason.FAILED) {
                    delivery.channel().releaseAfterFailure(delivery.tag());
                } else {
                    delivery.channel().release(delivery.tag());
                }
            }
        }

        @Override
        public void settled(HeldDelivery<D> delivery) {
            log.trace("settled");
        }
    }
}
