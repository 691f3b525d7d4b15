package io.dedup.spring.boot;

import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.springframework.amqp.core.Queue;
import org.springframework.amqp.rabbit.listener.AbstractRabbitListenerEndpoint;
import org.springframework.amqp.rabbit.listener.MethodRabbitListenerEndpoint;
import org.springframework.amqp.rabbit.listener.RabbitListenerEndpoint;
import org.springframework.aop.support.AopUtils;
import org.springframework.core.annotation.AnnotatedElementUtils;

/** The listeners that are to be left out: by name, which is their id or that of all their queues, or by annotation. */
final class UnprotectedListeners {

    private final List<String> names;
    private final Set<String> found = ConcurrentHashMap.newKeySet();

    UnprotectedListeners(List<String> names) {
        this.names = names;
    }

    boolean contains(RabbitListenerEndpoint endpoint) {
        return isNamed(String.valueOf(endpoint.getId()), queuesOf(endpoint))
                || (endpoint instanceof MethodRabbitListenerEndpoint method && isAnnotated(method));
    }

    boolean isNamed(String id, Collection<String> queues) {
        if (names.contains(id)) {
            found.add(id);
            return true;
        }
        boolean all = !queues.isEmpty() && names.containsAll(queues);
        if (all) {
            found.addAll(queues);
        }
        return all;
    }

    /** Those that no listener has, so far. */
    List<String> unknown() {
        return names.stream().filter(name -> !found.contains(name)).toList();
    }

    static List<String> queuesOf(RabbitListenerEndpoint endpoint) {
        List<String> queues = new ArrayList<>();
        if (endpoint instanceof AbstractRabbitListenerEndpoint known) {
            queues.addAll(known.getQueueNames());
            known.getQueues().stream().map(Queue::getActualName).forEach(queues::add);
        }
        return queues;
    }

    private static boolean isAnnotated(MethodRabbitListenerEndpoint endpoint) {
        Class<?> type = AopUtils.getTargetClass(endpoint.getBean());
        Method method = endpoint.getMethod(); // none for a class with @RabbitHandler methods
        return AnnotatedElementUtils.hasAnnotation(type, UnprotectedListener.class)
                || (method != null
                        && AnnotatedElementUtils.hasAnnotation(
                                AopUtils.getMostSpecificMethod(method, type), UnprotectedListener.class));
    }
}
