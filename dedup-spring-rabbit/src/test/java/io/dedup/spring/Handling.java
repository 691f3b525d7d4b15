package io.dedup.spring;

import com.rabbitmq.client.Channel;
import org.springframework.amqp.core.Message;

/** A listener that does what a test says. */
class Handling {

    /** What is done with a message. */
    interface Handler {
        void handle(Message message, Channel channel) throws Exception;
    }

    private final Handler handler;

    Handling(Handler handler) {
        this.handler = handler;
    }

    @DedupRabbitListener(id = "orders", queues = "${queue}", concurrency = "${concurrency:1}")
    void on(Message message, Channel channel) throws Exception {
        handler.handle(message, channel);
    }
}
