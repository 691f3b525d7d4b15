package io.dedup.spring;

import java.util.List;
import org.aopalliance.aop.Advice;
import org.jspecify.annotations.Nullable;
import org.springframework.amqp.core.BatchMessageListener;
import org.springframework.amqp.core.MessageListener;
import org.springframework.amqp.rabbit.listener.api.ChannelAwareBatchMessageListener;

/**
 * Whether a container holds what fails, or settles everything at once: decided when it is first started, and never mixed,
 * since a container that settles one delivery may settle all older ones with it.
 *
 * @param holding whether the library settles
 * @param why why not
 * @param countedByHost whether the application's own policy decides how often a message is tried
 * @param retries whether it has a retry advice
 */
record ContainerKind(boolean holding, String why, boolean countedByHost, boolean retries) {

    private static final ContainerKind HOLDING = new ContainerKind(true, "", false, false);

    /** What the application has set on a container. */
    record Policy(boolean transacted, boolean ownErrorHandler, boolean requeuesFailures, List<Advice> advice) {}

    static ContainerKind of(ListenerConfig config, Policy policy) {
        boolean retries = policy.advice().stream().anyMatch(ContainerKind::isRetry);
        boolean counted = retries || policy.ownErrorHandler() || !policy.requeuesFailures();
        String why = why(config, policy, retries);
        return why == null ? HOLDING : new ContainerKind(false, why, counted, retries);
    }

    private static @Nullable String why(ListenerConfig config, Policy policy, boolean retries) {
        if (policy.transacted()) {
            return "its channels are transacted";
        }
        if (retries) {
            return "it has a retry advice";
        }
        if (policy.ownErrorHandler()) {
            return "it has an error handler of its own";
        }
        if (!policy.requeuesFailures()) {
            return "its defaultRequeueRejected is false";
        }
        return config.recoverer() == null ? null : "its protection has a recoverer";
    }

    /** By name: each line of spring-rabbit brings another one. */
    static boolean isRetry(Advice advice) {
        for (Class<?> type = advice.getClass(); type != null; type = type.getSuperclass()) {
            String name = type.getSimpleName();
            if (name.endsWith("RetryOperationsInterceptor") || name.endsWith("RetryInterceptor")) {
                return true;
            }
        }
        return false;
    }

    static boolean takesLists(@Nullable MessageListener listener) {
        return listener instanceof BatchMessageListener || listener instanceof ChannelAwareBatchMessageListener;
    }
}
