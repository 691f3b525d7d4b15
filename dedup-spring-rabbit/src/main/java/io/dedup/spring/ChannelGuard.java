package io.dedup.spring;

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
import org.springframework.amqp.rabbit.listener.adapter.AbstractAdaptableMessageListener;

/**
 * The channel as a listener sees it. An acknowledgement inside the handler would come before the commit, so it is noted and
 * not sent; so is the reply that Spring's adapter sends. Everything else passes.
 */
final class ChannelGuard implements InvocationHandler {

    private static final Logger log = LoggerFactory.getLogger(ChannelGuard.class);
    private static final StackWalker STACK = StackWalker.getInstance(StackWalker.Option.RETAIN_CLASS_REFERENCE);

    private final Channel real;
    private final DeliveryScope scope;

    private ChannelGuard(Channel real, DeliveryScope scope) {
        this.real = real;
        this.scope = scope;
    }

    static Channel of(Channel real, DeliveryScope scope) {
        Class<?> type = real instanceof ChannelProxy ? ChannelProxy.class : Channel.class;
        return (Channel) Proxy.newProxyInstance(
                ChannelGuard.class.getClassLoader(), new Class<?>[] {type}, new ChannelGuard(real, scope));
    }

    @Override
    public @Nullable Object invoke(Object proxy, Method method, Object @Nullable [] args) throws Throwable {
        Object[] given = args == null ? new Object[0] : args;
        switch (method.getName()) {
            case "basicAck" -> {
                return settled(method);
            }
            case "basicNack", "basicReject" -> {
                if (!scope.isOver()) {
                    boolean multiple = given.length == 3 && (Boolean) given[1];
                    scope.refused((Long) given[0], multiple, (Boolean) given[given.length - 1]);
                }
                return settled(method);
            }
            case "basicPublish" -> {
                if (given.length == 5 && !scope.isOver() && isSpringsReply()) {
                    scope.replied(new SpringReply(
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
        if (scope.isOver()) {
            log.warn(
                    "{} after the handler has returned is ignored: the message is settled by the library; finish all work"
                            + " inside the handler, on its thread",
                    method.getName());
        }
        return null;
    }

    /** And not a publish of the handler's own: whoever calls tells them apart, in each line of spring-rabbit alike. */
    private static boolean isSpringsReply() {
        return STACK.walk(frames -> frames.map(StackWalker.StackFrame::getDeclaringClass)
                .filter(caller -> caller != ChannelGuard.class && !Proxy.isProxyClass(caller))
                .findFirst()
                .filter(AbstractAdaptableMessageListener.class::isAssignableFrom)
                .isPresent());
    }
}
