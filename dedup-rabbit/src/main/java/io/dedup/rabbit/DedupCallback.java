package io.dedup.rabbit;

import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.DeliverCallback;
import com.rabbitmq.client.Delivery;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Processes and settles deliveries on a channel that is someone else's. */
final class DedupCallback implements DeliverCallback {

    private static final Logger log = LoggerFactory.getLogger(DedupCallback.class);

    private final Intake intake;
    private final Settler settler;

    DedupCallback(Connection connection, Channel channel, Options options, Processor processor) {
        this.intake = new Intake(options, processor);
        Pauses pauses = new Pauses("dedup-" + options.consumer() + "-pauses");
        this.settler = new Settler(
                channel,
                null,
                new DeadLetters(connection, options),
                pauses,
                this::process,
                () -> {}); // the channel is not ours to close
    }

    /** Settles whatever happens: an exception that escapes from here would close the channel. */
    @Override
    public void handle(String consumerTag, Delivery delivery) {
        process(delivery);
    }

    private void process(Delivery delivery) {
        try {
            List<Delivery> one = List.of(delivery);
            settler.settle(one, intake.judge(one));
        } catch (RuntimeException | Error e) {
            log.error("a delivery could not be settled; it comes again when its channel is closed", e);
        }
    }
}
