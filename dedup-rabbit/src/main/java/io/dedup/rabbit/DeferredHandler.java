package io.dedup.rabbit;

import com.rabbitmq.client.Delivery;

/**
 * What an application does for a message whose writes need no answer: it says what is to be written, and the library
 * writes it, together with what other messages want written. Called by several threads where the concurrency is above
 * one.
 */
@FunctionalInterface
public interface DeferredHandler {

    /**
     * Says what the message asks to be written. May be called again when the transaction has failed, even if it was
     * another message's fault; so effects other than these writes must bear repetition.
     *
     * @param writes takes the statements; good only until this method returns
     * @param delivery a new message; acknowledged by the library, after the commit
     * @throws Exception to have everything rolled back
     */
    void handle(Writes writes, Delivery delivery) throws Exception;
}
