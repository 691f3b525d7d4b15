package io.dedup.spring;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.stream.Stream;
import org.hibernate.engine.spi.SessionImplementor;
import org.springframework.amqp.rabbit.config.RetryInterceptorBuilder;
import org.springframework.amqp.rabbit.config.RetryInterceptorBuilder.StatelessRetryInterceptorBuilder;

/** What spring-rabbit and Hibernate name otherwise in the lines that Boot 3.5 brings; these tests are compiled on each. */
final class SpringLine {

    private SpringLine() {}

    static StatelessRetryInterceptorBuilder retry(int retries) {
        StatelessRetryInterceptorBuilder builder = RetryInterceptorBuilder.stateless();
        if (has(builder, "maxRetries")) {
            call(builder, method(builder, "maxRetries", ""), retries);
        } else { // 3.2 counts the first attempt too
            call(builder, method(builder, "maxAttempts", ""), retries + 1);
        }
        return builder;
    }

    /** A hook that Hibernate runs before its commit. */
    static void beforeCommit(SessionImplementor session, Runnable hook) {
        boolean seven = has(session, "getTransactionCompletionCallbacks");
        Object hooks =
                call(session, method(session, seven ? "getTransactionCompletionCallbacks" : "getActionQueue", ""));
        Method register = method(hooks, seven ? "registerCallback" : "registerProcess", "Before");
        Class<?> type = register.getParameterTypes()[0];
        Object callback =
                Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, (proxy, method, args) -> {
                    hook.run();
                    return null;
                });
        call(hooks, register, callback);
    }

    private static boolean has(Object target, String name) {
        return Stream.of(target.getClass().getMethods())
                .anyMatch(method -> method.getName().equals(name));
    }

    private static Method method(Object target, String name, String parameter) {
        return Stream.of(target.getClass().getMethods())
                .filter(method -> method.getName().equals(name))
                .filter(method -> parameter.isEmpty()
                        || method.getParameterTypes()[0].getSimpleName().startsWith(parameter))
                .findFirst()
                .orElseThrow();
    }

    private static Object call(Object target, Method method, Object... arguments) {
        try {
            method.setAccessible(true);
            return method.invoke(target, arguments);
        } catch (InvocationTargetException e) {
            throw new IllegalStateException(e.getCause());
        } catch (IllegalAccessException e) {
            throw new IllegalStateException(e);
        }
    }
}
