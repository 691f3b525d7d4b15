package io.dedup.rabbit.spring;

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
final class EndpointTerms {

    private EndpointTerms() {}

    static Terms of(
            Protection protection, @Nullable RabbitListenerEndpoint endpoint, @Nullable ApplicationContext context) {
        Terms terms = protection.terms();
        DedupRabbitListener listener =
                endpoint instanceof MethodRabbitListenerEndpoint method ? annotationOf(method) : null;
        if (listener == null) {
            return terms;
        }
        if (StringUtils.hasText(listener.consumer())) {
            terms = protection.consumer(resolve(listener.consumer(), context)).terms();
        }
        if (StringUtils.hasText(listener.messageId())) {
            terms = terms.ids(new SpelMessageId(resolve(listener.messageId(), context), context));
        }
        return terms;
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
