package io.dedup.spring;

import com.rabbitmq.client.Channel;
import org.springframework.amqp.core.Message;

/** A holding container's way to its listener, on threads of the library's. Thread-safe. */
interface ContainerListener {

    /**
     * Calls the listener, with all that the container does around it: advice, metrics, and an observation unless there is
     * one already.
     */
    void call(Channel channel, Object data);

    /** Runs an attempt to process a message inside the container's observation of it, whether the listener is called or not. */
    void observe(Channel channel, Message message, Runnable attempt);
}
