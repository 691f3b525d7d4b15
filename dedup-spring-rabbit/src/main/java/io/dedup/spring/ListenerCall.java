package io.dedup.spring;

import com.rabbitmq.client.Channel;

/** Hands one message, or a list of them, on towards the handler. Shaped as the one that containers put advice around. */
@FunctionalInterface
interface ListenerCall {

    void invokeListener(Channel channel, Object data);
}
