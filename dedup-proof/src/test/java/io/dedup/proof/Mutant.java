package io.dedup.proof;

import com.rabbitmq.client.Channel;
import io.dedup.rabbit.Call;
import io.dedup.rabbit.Layer;
import java.lang.reflect.Proxy;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import org.postgresql.core.BaseConnection;

/** The library with one of its crucial steps broken, by what it would then ask of its servers. */
enum Mutant {
    NONE,

    ACK_BEFORE_COMMIT {
        @Override
        Layer over(Layer servers) {
            return new EarlyAck(servers);
        }
    },

    /** As with another driver than pgjdbc, but without the statement that would ask the server. */
    NO_HEALTH_CHECK {
        @Override
        Object call(Call call, Layer servers) throws Throwable {
            boolean asks = call.name().equals("isWrapperFor") && call.argument(0) == BaseConnection.class;
            return asks ? false : call.name().equals("createStatement") ? idle() : servers.call(call);
        }
    },

    REQUEUE_COUNTED_AS_SUCCESS {
        @Override
        Object call(Call call, Layer servers) throws Throwable {
            boolean back = call.name().matches("basicNack|basicReject");
            return servers.call(back ? ack(call.target(), call.argument(0)) : call);
        }
    },

    CLAIM_OUTSIDE_THE_TRANSACTION {
        @Override
        Object call(Call call, Layer servers) throws Throwable {
            Object result = servers.call(call);
            if (isClaim(call)) {
                ((PreparedStatement) call.target()).getConnection().commit();
            }
            return result;
        }
    },

    MULTIPLE_ACK {
        @Override
        Object call(Call call, Layer servers) throws Throwable {
            return servers.call(call.name().equals("basicAck") ? call.withLast(true) : call);
        }
    },

    LOST_COMMIT_COUNTED_AS_SUCCESS {
        @Override
        Object call(Call call, Layer servers) throws Throwable {
            try {
                return servers.call(call);
            } catch (SQLException e) {
                if (call.name().equals("commit")) {
                    return null;
                }
                throw e;
            }
        }
    };

    /** What the broken library does, given a way to its servers. For one run. */
    Layer over(Layer servers) {
        return call -> call(call, servers);
    }

    Object call(Call call, Layer servers) throws Throwable {
        return servers.call(call);
    }

    /** Of one message by an update, of a group by a query. */
    static boolean isClaim(Call call) {
        return call.name().matches("executeQuery|executeUpdate")
                && call.statement().equals("insert processed_message");
    }

    static Call ack(Object channel, Object tag) throws NoSuchMethodException {
        Object[] arguments = {tag, false};
        return new Call(channel, Channel.class.getMethod("basicAck", long.class, boolean.class), arguments, "");
    }

    /** Does nothing, and says nothing of it. */
    private static Statement idle() {
        Class<?>[] types = {Statement.class};
        return (Statement) Proxy.newProxyInstance(
                Mutant.class.getClassLoader(),
                types,
                (proxy, method, arguments) -> method.getReturnType() == boolean.class ? true : null);
    }
}
