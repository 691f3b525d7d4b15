package io.dedup.spring;

import com.rabbitmq.client.Delivery;
import io.dedup.Reply;
import io.dedup.amqp.HeldContent;
import io.dedup.spi.Disposition.DeadLetter;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.springframework.amqp.AmqpException;
import org.springframework.amqp.rabbit.listener.MessageAckListener;

/** What is to be known of a holding container's deliveries when they are settled. Thread-safe. */
final class HeldMessages implements HeldContent<HeldMessage> {

    private final ListenerConfig config;
    private final Replies replies;
    private final Supplier<MessageAckListener> acknowledgements;

    HeldMessages(ListenerConfig config, Replies replies, Supplier<MessageAckListener> acknowledgements) {
        this.config = config;
        this.replies = replies;
        this.acknowledgements = acknowledgements;
    }

    @Override
    public Delivery original(HeldMessage held) {
        return SpringMessages.delivery(held.message());
    }

    @Override
    public List<DeadLetterCopy> deadLetters(HeldMessage held, DeadLetter dead) {
        if (!held.isBatch() || held.deadParts().isEmpty()) {
            return HeldContent.super.deadLetters(held, dead);
        }
        return held.deadParts().values().stream()
                .map(each ->
                        new DeadLetterCopy(SpringMessages.delivery(each.part().message()), each.dead()))
                .toList();
    }

    @Override
    public String consumerOf(HeldMessage held) {
        String name = config.consumer();
        return name == null ? held.queue() : name;
    }

    @Override
    public CompletableFuture<Void> reply(HeldMessage held, Reply reply) {
        return replies.send(held.replies(), held.channel());
    }

    @Override
    public void acknowledged(HeldMessage held, boolean success) {
        acknowledgements
                .get()
                .onComplete(
                        success, held.tag(), success ? null : new AmqpException("the delivery's channel is closed"));
    }

    @Override
    public String deadLetterQueue(HeldMessage held) {
        return config.deadLetterQueueOf(held.queue());
    }
}
