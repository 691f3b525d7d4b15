package io.dedup.rabbit;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;

/** One call of JDBC or of amqp-client, about to be made. */
public final class Call {

    private final Object target;
    private final Method method;
    private final Object[] arguments;
    private final String statement;

    public Call(Object target, Method method, Object[] arguments, String statement) {
        this.target = target;
        this.method = method;
        this.arguments = arguments;
        this.statement = statement;
    }

    public Object target() {
        return target;
    }

    public String name() {
        return method.getName();
    }

    public Object argument(int i) {
        return arguments[i];
    }

    public Object lastArgument() {
        return arguments[arguments.length - 1];
    }

    /** What the SQL does, in two words; empty where there is none. */
    public String statement() {
        return statement;
    }

    public boolean isOfBroker() {
        return method.getDeclaringClass().getName().startsWith("com.rabbitmq.");
    }

    public boolean declares(Class<? extends Exception> exception) {
        for (Class<?> declared : method.getExceptionTypes()) {
            if (declared.isAssignableFrom(exception)) {
                return true;
            }
        }
        return false;
    }

    /** The same call with its last argument replaced. */
    public Call withLast(Object argument) {
        Object[] changed = arguments.clone();
        changed[changed.length - 1] = argument;
        return new Call(target, method, changed, statement);
    }

    public Object proceed() throws Throwable {
        try {
            return method.invoke(target, arguments);
        } catch (InvocationTargetException e) {
            throw e.getCause();
        }
    }
}
