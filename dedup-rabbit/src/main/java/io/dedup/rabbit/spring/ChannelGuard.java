package io.dedup.rabbit.spring;

import com.rabbitmq.client.AMQP.BasicProperties;
import com.rabbitmq.client.Channel;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.amqp.rabbit.connection.ChannelProxy;

/**
 * The channel as a listener sees it. An acknowledgement inside the handler would come before the commit, so it is taken
 * note of and not made; so is the reply that the listener sends. Everything else passes.
 */
final class ChannelGuard implements InvocationHandler {

    private static final Logger log = LoggerFactory.getLogger(ChannelGuard.class);

    private final Channel real;
    private final InWork work;

    private ChannelGuard(Channel real, InWork work) {
        this.real = real;
        this.work = work;
    }

    static Channel of(Channel real, InWork work) {
        Class<?> type = real instanceof ChannelProxy ? ChannelProxy.class : Channel.class;
        return (Channel) Proxy.newProxyInstance(
                ChannelGuard.class.getClassLoader(), new Class<?>[] {type}, new ChannelGuard(real, work));
    }

    @Override
    public @Nullable Object invoke(Object proxy, Method method, Object @Nullable [] args) throws Throwable {
        Object[] given = args == null ? new Object[0] : args;
        switch (method.getName()) {
            case "basicAck" -> {
                return settled(method);
            }
            case "basicNack", "basicReject" -> {
                if (!work.isOver()) {
                    work.handlerRefuses((Boolean) given[given.length - 1]);
                }
                return settled(method);
            }
            case "basicPublish" -> {
                if (given.length == 5 && !work.isOver() && work.takesReply()) {
                    work.replied(new SpringReply(
                            (String) given[0], (String) given[1], (Boolean) given[2], (BasicProperties) given[3], (byte
                                            [])
                                    given[4]));
                    return null;
                }
            }
            case "equals" -> {
                return proxy == given[0];
            }
            case "hashCode" -> {
                return System.identityHashCode(proxy);
            }
            default -> {}
        }
        try {
            return method.invoke(real, args);
        } catch (InvocationTargetException e) {
            throw e.getTargetException();
        }
    }

    private @Nullable Object settled(Method method) {
        if (work.isOver()) {
            log.warn(
                    "{} after the handler has returned is ignored: the message is settled by the library; finish all work"
                            + " inside the handler, on its thread",
                    method.getName());
        }
        return null;
    }
}
