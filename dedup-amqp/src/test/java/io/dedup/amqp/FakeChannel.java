package io.dedup.amqp;

import com.rabbitmq.client.Channel;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** A channel that writes down what it is asked. */
final class FakeChannel {

    final List<String> calls = new ArrayList<>();
    boolean open = true;

    Channel channel() {
        return (Channel) Proxy.newProxyInstance(
                FakeChannel.class.getClassLoader(), new Class<?>[] {Channel.class}, (proxy, method, arguments) -> {
                    switch (method.getName()) {
                        case "isOpen" -> {
                            return open;
                        }
                        case "basicAck", "basicNack", "basicReject" ->
                            calls.add(method.getName() + Arrays.toString(arguments));
                        default -> throw new UnsupportedOperationException(method.getName());
                    }
                    return null;
                });
    }
}
