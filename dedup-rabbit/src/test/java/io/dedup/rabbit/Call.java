package io.dedup.rabbit;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;

/** One call of JDBC or of amqp-client, about to be made. */
final class Call {

    private final Object target;
    private final Method method;
    private final Object[] arguments;
    private final String statement;

    Call(Object target, Method method, Object[] arguments, String statement) {
        this.target = target;
        this.method = method;
        this.arguments = arguments;
        this.statement = statement;
    }

    Object target() {
        return target;
    }

    String name() {
        return method.getName();
    }

    Object argument(int i) {
        return arguments[i];
    }

    Object lastArgument() {
        return arguments[arguments.length - 1];
    }

    /** What the SQL does, in two words; empty where there is none. */
    String statement() {
        return statement;
    }

    boolean isOfBroker() {
        return method.getDeclaringClass().getName().startsWith("com.rabbitmq.");
    }

    boolean declares(Class<? extends Exception> exception) {
        for (Class<?> declared : method.getExceptionTypes()) {
            if (declared.isAssignableFrom(exception)) {
                return true;
            }
        }
        return false;
    }

    /** The same call with its last argument replaced. */
    Call withLast(Object argument) {
        Object[] changed = arguments.clone();
        changed[changed.length - 1] = argument;
        return new Call(target, method, changed, statement);
    }

    Object proceed() throws Throwable {
        try {
            return method.invoke(target, arguments);
        } catch (InvocationTargetException e) {
            throw e.getCause();
        }
    }
}
