package io.dedup.rabbit.spring;

import static java.util.Objects.requireNonNull;

import com.rabbitmq.client.Channel;
import org.aopalliance.aop.Advice;
import org.aopalliance.intercept.MethodInterceptor;
import org.aopalliance.intercept.MethodInvocation;
import org.jspecify.annotations.Nullable;
import org.springframework.aop.ProxyMethodInvocation;
import org.springframework.aop.framework.ProxyFactory;

/**
 * For containers that are not the library's: one advice that holds theirs. Beside theirs it would be passed by: spring-rabbit's
 * retry interceptors proceed several times on one invocation, and from the second time on that goes to the listener itself,
 * past all advice further in.
 */
final class Chain implements MethodInterceptor {

    private static final ThreadLocal<@Nullable ListenerCall> LISTENER = new ThreadLocal<>();

    private final Protector protector;
    private final ListenerCall chain;

    Chain(Protector protector, Advice... theirs) {
        this.protector = protector;
        this.chain = around(this::inside, theirs);
    }

    private static ListenerCall around(ListenerCall inside, Advice... theirs) {
        ProxyFactory factory = new ProxyFactory();
        factory.addInterface(ListenerCall.class);
        factory.setTarget(inside);
        for (Advice each : theirs) {
            factory.addAdvice(each);
        }
        return (ListenerCall) factory.getProxy(Chain.class.getClassLoader());
    }

    @Override
    public @Nullable Object invoke(MethodInvocation call) {
        ListenerCall outer = LISTENER.get();
        LISTENER.set((channel, data) -> proceed(call, channel, data));
        try {
            @Nullable Object[] handed = call.getArguments();
            protector.outside(
                    (Channel) requireNonNull(handed[0], "channel"), requireNonNull(handed[1], "message"), chain);
            return null;
        } finally {
            LISTENER.set(outer);
        }
    }

    private void inside(Channel channel, Object data) {
        ListenerCall listener = LISTENER.get();
        if (listener == null) {
            throw new IllegalStateException("advice of the container has left its thread");
        }
        protector.inside(data, listener);
    }

    private static void proceed(MethodInvocation call, Channel channel, Object data) {
        try {
            ((ProxyMethodInvocation) call).invocableClone(channel, data).proceed();
        } catch (Throwable t) {
            throw ListenerFailures.<RuntimeException>asItIs(t);
        }
    }
}
