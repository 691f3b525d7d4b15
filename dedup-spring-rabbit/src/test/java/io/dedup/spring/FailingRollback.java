package io.dedup.spring;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.SQLException;
import javax.sql.DataSource;

/** Connections whose rollback fails, and nothing else. */
record FailingRollback(DataSource real) {

    DataSource dataSource() {
        return (DataSource) proxy(DataSource.class, real);
    }

    private static Object proxy(Class<?> type, Object target) {
        return Proxy.newProxyInstance(
                FailingRollback.class.getClassLoader(), new Class<?>[] {type}, (proxy, method, arguments) -> {
                    if (method.getName().equals("rollback")) {
                        throw new SQLException("no rollback today");
                    }
                    if (method.getName().equals("equals")) {
                        return proxy == arguments[0];
                    }
                    try {
                        Object result = method.invoke(target, arguments);
                        return method.getName().equals("getConnection") && result instanceof Connection
                                ? proxy(Connection.class, result)
                                : result;
                    } catch (InvocationTargetException e) {
                        throw e.getTargetException();
                    }
                });
    }
}
