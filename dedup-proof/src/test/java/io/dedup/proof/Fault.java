package io.dedup.proof;

import com.rabbitmq.client.ShutdownNotifier;
import io.dedup.rabbit.Call;
import io.dedup.rabbit.Shop;
import io.dedup.test.TcpProxy;
import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;

/** What happens at one step. */
enum Fault {
    NONE("no fault"),
    DIES_BEFORE("process dies before"),
    DIES_AFTER("process dies after"),
    CUT_BEFORE("cut before"),
    CUT_AFTER("cut after"),
    THROWS("throws"),
    THROWS_UNCHECKED("throws unchecked");

    private final String words;

    Fault(String words) {
        this.words = words;
    }

    boolean isDeath() {
        return this == DIES_BEFORE || this == DIES_AFTER;
    }

    /** Makes the call, or what the fault leaves of it. */
    Object strike(Call call, TcpProxy cable) throws Throwable {
        switch (this) {
            case DIES_BEFORE -> awaitDeath(call);
            case DIES_AFTER -> {
                proceed(call);
                awaitDeath(call);
            }
            case CUT_BEFORE -> {
                cable.refuse();
                awaitCut(call);
                try {
                    return call.proceed();
                } finally {
                    cable.accept();
                }
            }
            case CUT_AFTER -> {
                Object result = proceed(call);
                cable.cut();
                awaitCut(call);
                return lose(result, call);
            }
            case THROWS -> throw thrown(call);
            case THROWS_UNCHECKED -> throw new IllegalStateException("thrown at " + call.name());
            case NONE -> {}
        }
        return proceed(call);
    }

    /** Returns when the server has done it, also where it sends no answer. */
    static Object proceed(Call call) throws Throwable {
        Object result = call.proceed();
        if (hasNoAnswer(call)) {
            Barrier.await(call.target());
        }
        return result;
    }

    /** amqp-client does not wait for these; their loss shows in a later call, if at all. */
    private static boolean hasNoAnswer(Call call) {
        return call.isOfBroker() && call.name().startsWith("basic");
    }

    private static Object lose(Object result, Call call) throws Exception {
        if (hasNoAnswer(call)) {
            return result;
        }
        if (result instanceof Connection connection) {
            connection.close();
        }
        throw call.isOfBroker()
                ? new IOException("the answer is lost")
                : new SQLException("the answer is lost", "08006");
    }

    private static Exception thrown(Call call) {
        Exception checked = call.isOfBroker() ? new IOException("thrown") : new SQLException("thrown");
        return call.declares(checked.getClass()) ? checked : new IllegalStateException("thrown");
    }

    /** The broker's client learns of a cut from the thread that reads; which is to be the same in each run. */
    private static void awaitCut(Call call) {
        if (call.target() instanceof ShutdownNotifier client) {
            Shop.eventually().pollInterval(Duration.ofMillis(1)).until(() -> !client.isOpen());
        }
    }

    /** For a process that is killed by the one which reads this line. */
    private static void awaitDeath(Call call) throws InterruptedException {
        System.out.println(DyingConsumer.REACHED + call.name());
        System.out.flush();
        Thread.sleep(Long.MAX_VALUE);
    }

    @Override
    public String toString() {
        return words;
    }
}
