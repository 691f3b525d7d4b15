package io.dedup.rabbit;

import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.DeliverCallback;
import com.rabbitmq.client.Delivery;

/** Processes and settles deliveries on a channel that is someone else's. */
final class DedupCallback implements DeliverCallback {

    private final Intake intake;
    private final Settler settler;

    DedupCallback(Connection connection, Channel channel, Options options, ReplyHandler handler) {
        this.intake = new Intake(options, handler);
        Pauses pauses = new Pauses("dedup-" + options.consumer() + "-pauses");
        this.settler = new Settler(
                channel,
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
        settler.settle(delivery, intake.judge(delivery));
    }
}
