package io.dedup.spring;

import io.dedup.MessageIdResolver;
import java.lang.reflect.Method;
import org.jspecify.annotations.Nullable;
import org.springframework.amqp.rabbit.listener.MethodRabbitListenerEndpoint;
import org.springframework.amqp.rabbit.listener.RabbitListenerEndpoint;
import org.springframework.aop.support.AopUtils;
import org.springframework.context.ApplicationContext;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.core.annotation.AnnotatedElementUtils;
import org.springframework.util.StringUtils;

/** What a {@link DedupRabbitListener} says of its own. */
final class EndpointConfig {

    private EndpointConfig() {}

    static ListenerConfig of(
            Protection protection, @Nullable RabbitListenerEndpoint endpoint, @Nullable ApplicationContext context) {
        ListenerConfig config = protection.config();
        DedupRabbitListener listener =
                endpoint instanceof MethodRabbitListenerEndpoint method ? annotationOf(method) : null;
        if (listener == null) {
            return config;
        }
        if (StringUtils.hasText(listener.consumer())) {
            config = protection.consumer(resolve(listener.consumer(), context)).config();
        }
        if (StringUtils.hasText(listener.messageId())) {
            MessageIdResolver spel = MessageExpression.messageId(resolve(listener.messageId(), context), context);
            config = config.changed(copy -> copy.policy(copy.policy().messageId(spel)));
        }
        return config;
    }

    private static @Nullable DedupRabbitListener annotationOf(MethodRabbitListenerEndpoint endpoint) {
        Class<?> type = AopUtils.getTargetClass(endpoint.getBean());
        Method method = endpoint.getMethod();
        DedupRabbitListener onMethod = method == null
                ? null
                : AnnotatedElementUtils.findMergedAnnotation(
                        AopUtils.getMostSpecificMethod(method, type), DedupRabbitListener.class);
        return onMethod != null
                ? onMethod
                : AnnotatedElementUtils.findMergedAnnotation(type, DedupRabbitListener.class);
    }

    private static String resolve(String value, @Nullable ApplicationContext context) {
        String resolved = context instanceof ConfigurableApplicationContext configurable
                ? configurable.getBeanFactory().resolveEmbeddedValue(value)
                : value;
        return resolved == null ? value : resolved;
    }
}
