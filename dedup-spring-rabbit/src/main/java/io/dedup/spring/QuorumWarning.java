package io.dedup.spring;

import io.dedup.amqp.DeliveryCount;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.amqp.core.Message;

/**
 * A settling container has a channel for each of its threads, and one end of their connection counts against a quorum
 * queue's message up to as many times. Said once, when that is known. Thread-safe.
 *
 * @see <a href="https://www.rabbitmq.com/docs/quorum-queues#poison-message-handling">RabbitMQ, delivery limit</a>
 */
final class QuorumWarning {

    private static final Logger log = LoggerFactory.getLogger(QuorumWarning.class);

    private final String name;
    private final int threads;
    private final AtomicBoolean said = new AtomicBoolean();

    QuorumWarning(String name, int threads) {
        this.name = name;
        this.threads = threads;
    }

    /** A message of a quorum queue that has come back tells. */
    void look(Object data) {
        if (threads > 1 && !said.get() && data instanceof Message message) {
            if (DeliveryCount.of(message.getMessageProperties().getHeaders()) > 0) {
                say();
            }
        }
    }

    void say() {
        if (threads > 1 && said.compareAndSet(false, true)) {
            log.warn(
                    "{} - consumes a quorum queue on {} channels: each end of their connection can count up to {} times"
                            + " against a message, and RabbitMQ 4 drops it at 20. Set the queue's delivery-limit to -1 by a"
                            + " policy, or give it a dead-letter exchange",
                    name,
                    threads,
                    threads);
        }
    }
}
