package io.dedup.amqp;

import com.rabbitmq.client.AMQP.BasicProperties;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.ShutdownSignalException;
import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentNavigableMap;
import java.util.concurrent.ConcurrentSkipListMap;

/** One channel in confirm mode, and what it has published and not heard of yet. Publishes on one thread. */
final class PublishingChannel {

    private record Pending(String exchange, String routingKey, CompletableFuture<Void> confirmed) {}

    private final Channel channel;
    private final ConcurrentNavigableMap<Long, Pending> pending = new ConcurrentSkipListMap<>();

    PublishingChannel(Channel channel) throws IOException {
        this.channel = channel;
        channel.confirmSelect();
        channel.addConfirmListener(
                (tag, multiple) -> settled(tag, multiple).forEach((each, message) -> take(each, null)),
                (tag, multiple) -> settled(tag, multiple)
                        .forEach((each, message) -> take(each, new IOException("the broker refused the message"))));
        // The broker sends the return before the confirm. It names no tag; what else goes there has no queue either.
        channel.addReturnListener(returned -> pending.forEach((tag, message) -> {
            if (message.exchange().equals(returned.getExchange())
                    && message.routingKey().equals(returned.getRoutingKey())) {
                take(
                        tag,
                        new IOException("no queue takes messages for '" + returned.getRoutingKey() + "': "
                                + returned.getReplyText()));
            }
        }));
        channel.addShutdownListener(this::closed);
    }

    Channel channel() {
        return channel;
    }

    boolean isOpen() {
        return channel.isOpen();
    }

    void publish(
            String exchange,
            String routingKey,
            boolean mandatory,
            BasicProperties properties,
            byte[] body,
            CompletableFuture<Void> confirmed)
            throws IOException {
        long tag = channel.getNextPublishSeqNo();
        pending.put(tag, new Pending(exchange, routingKey, confirmed));
        try {
            channel.basicPublish(exchange, routingKey, mandatory, properties, body);
        } catch (IOException | RuntimeException e) {
            pending.remove(tag);
            Channels.close(
                    channel); // amqp-client has counted it and the broker has not: later confirms would be others'
            throw e;
        }
        if (!channel.isOpen()) { // what fails all that are pending may have missed this one
            take(tag, new IOException("the channel was closed"));
        }
    }

    private ConcurrentNavigableMap<Long, Pending> settled(long tag, boolean multiple) {
        return multiple ? pending.headMap(tag, true) : pending.subMap(tag, true, tag, true);
    }

    private void take(long tag, @org.jspecify.annotations.Nullable IOException failure) {
        Pending message = pending.remove(tag);
        if (message == null) {
            return;
        }
        if (failure == null) {
            message.confirmed().complete(null);
        } else {
            message.confirmed().completeExceptionally(failure);
        }
    }

    private void closed(ShutdownSignalException reason) {
        pending.forEach(
                (tag, message) -> take(tag, new IOException("the channel was closed: " + reason.getMessage(), reason)));
    }
}
