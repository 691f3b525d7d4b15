package io.dedup.spring;

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
final class DedupAdvice implements MethodInterceptor {

    private final ListenerInterceptor interceptor;
    private final ListenerCall chain;

    DedupAdvice(ListenerInterceptor interceptor, Advice... theirs) {
        this.interceptor = interceptor;
        this.chain = around((channel, data) -> interceptor.inside(data, null), theirs);
    }

    private static ListenerCall around(ListenerCall inside, Advice... theirs) {
        ProxyFactory factory = new ProxyFactory();
        factory.addInterface(ListenerCall.class);
        factory.setTarget(inside);
        for (Advice each : theirs) {
            factory.addAdvice(each);
        }
        return (ListenerCall) factory.getProxy(DedupAdvice.class.getClassLoader());
    }

    @Override
    public @Nullable Object invoke(MethodInvocation call) {
        @Nullable Object[] handed = call.getArguments();
        interceptor.outside(
                (Channel) requireNonNull(handed[0], "channel"),
                requireNonNull(handed[1], "message"),
                chain,
                (channel, data) -> proceed(call, channel, data));
        return null;
    }

    private static void proceed(MethodInvocation call, Channel channel, Object data) {
        try {
            ((ProxyMethodInvocation) call).invocableClone(channel, data).proceed();
        } catch (Throwable t) {
            throw ListenerFailures.<RuntimeException>asItIs(t);
        }
    }
}
