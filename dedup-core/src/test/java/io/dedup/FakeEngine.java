package io.dedup;

import io.dedup.spi.Engine;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.sql.SQLException;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** Counts failures in memory, and is away or busy when a test wants it. */
final class FakeEngine {

    private int recorded;
    private int verified;
    private boolean away;
    private boolean busy;

    Engine engine() {
        return (Engine)
                Proxy.newProxyInstance(getClass().getClassLoader(), new Class<?>[] {Engine.class}, this::invoke);
    }

    private @Nullable Object invoke(Object self, Method method, Object[] args) {
        return switch (method.getName()) {
            case "recordFailure" -> {
                requireWell();
                recorded++;
                yield new FailedAttempts(recorded, Instant.EPOCH, Instant.EPOCH);
            }
            case "verify", "forgetFailures" -> {
                verified++;
                requireWell();
                yield null;
            }
            case "listener" -> DedupListener.NONE;
            default -> throw new UnsupportedOperationException(method.getName());
        };
    }

    private void requireWell() {
        if (away) {
            throw DedupExceptions.noConnection(new SQLException("refused", "08001"));
        }
        if (busy) {
            throw DedupExceptions.busy(new SQLException("held", "55P03"));
        }
    }

    void away(boolean now) {
        away = now;
    }

    void busy(boolean now) {
        busy = now;
    }

    /** How many failures were counted. */
    int recorded() {
        return recorded;
    }

    /** How often the database was asked for anything else. */
    int asked() {
        return verified;
    }
}
