package io.dedup.rabbit;

import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Consumer;
import com.rabbitmq.client.Envelope;
import com.rabbitmq.client.RecoverableChannel;
import com.rabbitmq.client.RecoverableConnection;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.Statement;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.sql.DataSource;

/** Leads every call on a DataSource or a broker's connection, and on all that comes from them, through a layer. */
public final class Tapped implements InvocationHandler {

    private static final Pattern WRITE = Pattern.compile("(INSERT INTO|DELETE FROM) \"?(\\w+)");

    /** What comes from a tapped object and is tapped too; the first that fits. */
    private static final List<Class<?>> TAPPED = List.of(
            Connection.class,
            PreparedStatement.class,
            Statement.class,
            ResultSet.class,
            RecoverableConnection.class,
            RecoverableChannel.class,
            Channel.class);

    private final Object real;
    private final Layer layer;
    private final String statement;

    private Tapped(Object real, Layer layer, String statement) {
        this.real = real;
        this.layer = layer;
        this.statement = statement;
    }

    public static DataSource of(DataSource real, Layer layer) {
        return proxy(DataSource.class, new Tapped(real, layer, ""));
    }

    /** Recoverable as the real one is, which the library asks. */
    public static com.rabbitmq.client.Connection of(com.rabbitmq.client.Connection real, Layer layer) {
        return proxy(RecoverableConnection.class, new Tapped(real, layer, ""));
    }

    /** What is done with a delivery before the consumer gets it. */
    public interface OnDelivery {
        void arrived(Envelope envelope) throws Throwable;
    }

    public static Consumer watching(Object consumer, OnDelivery watcher) {
        return watching(consumer, watcher, () -> {});
    }

    public static Consumer watching(Object consumer, OnDelivery watcher, Runnable handed) {
        return proxy(Consumer.class, (proxy, method, arguments) -> {
            boolean delivery = method.getName().equals("handleDelivery");
            if (delivery) {
                watcher.arrived((Envelope) arguments[1]);
            }
            Object result = invoke(method, consumer, arguments);
            if (delivery) {
                handed.run();
            }
            return result;
        });
    }

    /** A consumer that never hears that its channel is closed. */
    static Consumer deafToShutdown(Object consumer) {
        return proxy(
                Consumer.class,
                (proxy, method, arguments) ->
                        method.getName().equals("handleShutdownSignal") ? null : invoke(method, consumer, arguments));
    }

    @Override
    public Object invoke(Object proxy, Method method, Object[] arguments) throws Throwable {
        if (method.getDeclaringClass() == Object.class) {
            return method.getName().equals("equals") ? proxy == arguments[0] : invoke(method, real, arguments);
        }
        boolean prepares = method.getName().equals("prepareStatement");
        String about = prepares ? describe((String) arguments[0]) : statement;
        Object result = layer.call(new Call(real, method, arguments, about));
        // Health is read from what pgjdbc unwraps to, which is no interface that a proxy could pose as.
        return method.getName().equals("unwrap") ? result : tap(result, about);
    }

    private Object tap(Object result, String about) {
        for (Class<?> type : TAPPED) {
            if (type.isInstance(result)) {
                return proxy(type, new Tapped(result, layer, about));
            }
        }
        return result;
    }

    private static String describe(String sql) {
        Matcher write = WRITE.matcher(sql);
        return write.find() ? (write.group(1).equals("INSERT INTO") ? "insert " : "delete ") + write.group(2) : sql;
    }

    private static Object invoke(Method method, Object target, Object[] arguments) throws Throwable {
        try {
            return method.invoke(target, arguments);
        } catch (InvocationTargetException e) {
            throw e.getCause();
        }
    }

    private static <T> T proxy(Class<T> type, InvocationHandler handler) {
        return type.cast(Proxy.newProxyInstance(Tapped.class.getClassLoader(), new Class<?>[] {type}, handler));
    }
}
