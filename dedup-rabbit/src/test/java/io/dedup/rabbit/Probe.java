package io.dedup.rabbit;

import io.dedup.test.TcpProxy;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;

/** Lists the calls that the library makes from the first delivery on, and has a fault strike at one of them. */
final class Probe implements Layer {

    private final TcpProxy database;
    private final TcpProxy broker;
    private final int at;
    private final Fault fault;
    private final List<Step> steps = new CopyOnWriteArrayList<>();
    private final List<Connection> connections = new CopyOnWriteArrayList<>();
    private final AtomicInteger next = new AtomicInteger();
    private final CountDownLatch handed;
    private final CountDownLatch struck;
    private final CountDownLatch settled = new CountDownLatch(1);
    private volatile boolean delivered;
    private volatile Object consuming;

    /** {@code together} is how many messages have to be there before the library may take the first. */
    Probe(TcpProxy database, TcpProxy broker, int together, int at, Fault fault) {
        this.database = database;
        this.broker = broker;
        this.at = at;
        this.fault = fault;
        this.handed = new CountDownLatch(together);
        this.struck = new CountDownLatch(fault == Fault.NONE ? 0 : 1);
    }

    @Override
    public Object call(Call call) throws Throwable {
        if (call.name().equals("basicConsume")) {
            consuming = call.target();
            Object tag = call.withLast(
                            Tapped.watching(call.lastArgument(), envelope -> delivered = true, handed::countDown))
                    .proceed();
            handed.await(10, TimeUnit.SECONDS); // before its subscription is ready, no worker looks at it
            return tag;
        }
        if (!delivered || isEnd(call)) {
            return settling(call, ending -> isEnd(ending) && struck.getCount() == 0, call::proceed);
        }
        int index = next.getAndIncrement();
        return settling(call, this::isSettlement, () -> index == at ? strike(call) : record(call));
    }

    private Object strike(Call call) throws Throwable {
        struck.countDown();
        return fault.strike(call, cable(call));
    }

    private Object record(Call call) throws Throwable {
        if (fault != Fault.NONE) {
            return Fault.proceed(call);
        }
        long before = cable(call).bytesFromClient();
        try {
            return Fault.proceed(call);
        } finally {
            boolean onWire = call.name().startsWith("waitFor") || hasSent(call, before);
            steps.add(new Step(call.name(), call.statement(), onWire));
        }
    }

    /** The end of a database connection has no answer, so its bytes may still be on their way to the proxy. */
    private boolean hasSent(Call call, long before) throws InterruptedException {
        boolean wait = call.target() instanceof Connection && call.name().equals("close");
        for (int i = 0; wait && i < 1_000 && database.bytesFromClient() == before; i++) {
            Thread.sleep(1);
        }
        return cable(call).bytesFromClient() != before;
    }

    private TcpProxy cable(Call call) {
        return call.isOfBroker() ? broker : database;
    }

    private interface Making {
        Object make() throws Throwable;
    }

    private Object settling(Call call, Predicate<Call> settles, Making making) throws Throwable {
        try {
            Object result = making.make();
            if (result instanceof Connection opened) {
                connections.add(opened);
            }
            return result;
        } finally {
            if (settles.test(call)) {
                settled.countDown();
            }
        }
    }

    /** The channel on which the delivery came is closed when there is nothing more to be done with it. */
    private boolean isEnd(Call call) {
        return call.target() == consuming && call.name().equals("close");
    }

    private boolean isSettlement(Call call) {
        boolean settlement = call.name().matches("basicAck|basicNack|basicReject");
        return struck.getCount() == 0 && settlement && call.target() == consuming;
    }

    /** Those that the fault kept the library from closing. */
    void closeConnections() throws SQLException {
        for (Connection connection : connections) {
            connection.close();
        }
    }

    List<Step> steps() {
        return List.copyOf(steps);
    }

    Fault fault() {
        return fault;
    }

    boolean awaitStruck() throws InterruptedException {
        return struck.await(10, TimeUnit.SECONDS);
    }

    /** Until the library has settled the delivery, or given up its channel. */
    boolean awaitSettled(Duration limit) throws InterruptedException {
        return settled.await(limit.toMillis(), TimeUnit.MILLISECONDS);
    }
}
