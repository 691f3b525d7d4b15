package io.dedup;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.sql.CallableStatement;
import java.sql.Connection;
import java.sql.DatabaseMetaData;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import org.jspecify.annotations.Nullable;

/**
 * The connection as a handler sees it: everything works but what would end or leave the message's transaction, and
 * nothing works once the handler has returned. A handler that commits would split its writes from the claim.
 */
final class GuardedConnection implements InvocationHandler {

    private final Connection real;
    private final Connection guarded;
    private volatile boolean revoked;
    private volatile boolean settingsChanged;
    private volatile @Nullable Statement running;

    GuardedConnection(Connection real) {
        this.real = real;
        this.guarded = (Connection) Proxy.newProxyInstance(loader(), new Class<?>[] {Connection.class}, this);
    }

    Connection connection() {
        return guarded;
    }

    /** The connection for statements of the library's own, which a handler asks for: they put back what they set. */
    static Connection behind(Connection tx) {
        return Proxy.isProxyClass(tx.getClass())
                        && Proxy.getInvocationHandler(tx) instanceof GuardedConnection guard
                        && !guard.revoked
                ? guard.real
                : tx;
    }

    /** Whether the handler has changed settings of the session, which hold for whoever works on it next. */
    boolean isSettingsChanged() {
        return settingsChanged;
    }

    /** Cancels the statement that runs at the moment, if one does. From another thread than the handler's. */
    void cancelRunning() throws SQLException {
        Statement statement = running;
        if (statement != null) {
            statement.cancel();
        }
    }

    /** The handler has returned: what it kept of the connection belongs to the next message. */
    void revoke() {
        revoked = true;
    }

    @Override
    public @Nullable Object invoke(Object proxy, Method method, Object @Nullable [] args) throws Throwable {
        String name = method.getName();
        switch (name) {
            case "commit", "close", "abort" -> throw refusal(name);
            case "rollback" -> {
                if (args == null) { // to a savepoint is the handler's own affair
                    throw refusal(name);
                }
            }
            case "setAutoCommit" -> {
                if (args != null && Boolean.TRUE.equals(args[0])) {
                    throw refusal("setAutoCommit(true)");
                }
            }
            case "prepareStatement", "prepareCall" -> inspect(args);
            case "setClientInfo", "setNetworkTimeout", "setReadOnly", "setTransactionIsolation" ->
                settingsChanged = true;
            case "setSchema" ->
                throw new SQLException(
                        "setSchema would stay on the pooled connection, and the next message's key would go"
                                + " to another schema's table; execute SET LOCAL search_path, which ends with the transaction");
            case "isClosed" -> {
                return revoked || real.isClosed();
            }
            case "isWrapperFor", "unwrap" -> {
                if (args != null && ((Class<?>) args[0]).isInstance(guarded)) {
                    return name.equals("unwrap") ? guarded : true;
                }
            }
            case "equals" -> {
                return args != null && proxy == args[0];
            }
            case "hashCode" -> {
                return System.identityHashCode(proxy);
            }
            default -> {}
        }
        if (revoked && !name.equals("toString")) {
            throw new SQLException("the handler has returned, and with it the use of its connection has ended (" + name
                    + "); finish all database work inside the handler, on its thread");
        }
        return guard(call(real, method, args));
    }

    /** The text of a statement, where that is the first argument. */
    private void inspect(Object @Nullable [] args) throws SQLException {
        if (args == null || !(args[0] instanceof String sql)) {
            return;
        }
        switch (SqlText.effectOf(sql)) {
            case TRANSACTION -> throw refusal("SQL that begins or ends a transaction");
            case SETTINGS -> settingsChanged = true;
            case NONE -> {}
        }
    }

    private static SQLException refusal(String call) {
        return new SQLException(call + " is not the handler's to call: its writes and the message's key share this"
                + " transaction, which is committed after the handler returns. To undo, throw; to try something that may"
                + " fail, use a savepoint.");
    }

    /** Statements lead back to their connection; it must be this one. */
    private @Nullable Object guard(@Nullable Object result) {
        if (result instanceof CallableStatement s) {
            return wrap(s, CallableStatement.class);
        } else if (result instanceof PreparedStatement s) {
            return wrap(s, PreparedStatement.class);
        } else if (result instanceof Statement s) {
            return wrap(s, Statement.class);
        } else if (result instanceof DatabaseMetaData m) {
            return wrap(m, DatabaseMetaData.class);
        }
        return result;
    }

    private Object wrap(Object target, Class<?> type) {
        InvocationHandler handler = (proxy, method, args) -> switch (method.getName()) {
            case "getConnection" -> guarded;
            case "equals" -> proxy == args[0];
            case "addBatch" -> {
                inspect(args);
                yield call(target, method, args);
            }
            default ->
                method.getName().startsWith("execute")
                        ? execute((Statement) target, method, args)
                        : call(target, method, args);
        };
        return Proxy.newProxyInstance(loader(), new Class<?>[] {type}, handler);
    }

    private @Nullable Object execute(Statement statement, Method method, Object @Nullable [] args) throws Throwable {
        inspect(args);
        running = statement;
        try {
            return call(statement, method, args);
        } finally {
            running = null;
        }
    }

    private static @Nullable Object call(Object target, Method method, Object @Nullable [] args) throws Throwable {
        try {
            return method.invoke(target, args);
        } catch (InvocationTargetException e) {
            throw e.getTargetException();
        }
    }

    private static @Nullable ClassLoader loader() {
        return GuardedConnection.class.getClassLoader();
    }
}
