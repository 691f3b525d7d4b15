package io.dedup.proof;

import io.dedup.rabbit.Call;
import io.dedup.rabbit.Layer;
import io.dedup.rabbit.Tapped;
import io.dedup.test.TcpProxy;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** Lists the calls that the library makes from the first delivery on, and has a fault strike at one of them. */
final class Probe implements Layer {

    private static final long QUIET_MILLIS = 300;

    private final TcpProxy database;
    private final TcpProxy broker;
    private final int at;
    private final Fault fault;
    private final Map<Integer, Step> steps = new ConcurrentSkipListMap<>(); // a call's answer may overtake its return
    private final List<Connection> connections = new CopyOnWriteArrayList<>();
    private final AtomicInteger next = new AtomicInteger();
    private final AtomicInteger subscriptions = new AtomicInteger();
    private final CountDownLatch handed;
    private final CountDownLatch struck;
    private final CountDownLatch settled;
    private volatile boolean delivered;
    private volatile boolean ended;
    private volatile Object consuming;

    Probe(TcpProxy database, TcpProxy broker, Scenario scenario, int at, Fault fault) {
        this.database = database;
        this.broker = broker;
        this.at = at;
        this.fault = fault;
        this.handed = new CountDownLatch(scenario.together());
        this.settled = new CountDownLatch(scenario.settlements());
        this.struck = new CountDownLatch(fault == Fault.NONE ? 0 : 1);
    }

    @Override
    public Object call(Call call) throws Throwable {
        if (call.name().equals("basicConsume")) {
            consuming = call.target();
            subscriptions.incrementAndGet();
            Object tag = call.withLast(
                            Tapped.watching(call.lastArgument(), envelope -> delivered = true, handed::countDown))
                    .proceed();
            handed.await(10, TimeUnit.SECONDS); // before its subscription is ready, no worker looks at it
            return tag;
        }
        ended |= isEnd(call);
        if (!delivered || ended || call.name().equals("isOpen")) { // asks nobody, and cannot fail
            return opening(call::proceed);
        }
        int index = next.getAndIncrement();
        try {
            return opening(() -> index == at ? strike(call) : record(index, call));
        } finally {
            countSettled(call);
        }
    }

    private Object strike(Call call) throws Throwable {
        struck.countDown();
        return fault.strike(call, cable(call));
    }

    private Object record(int index, Call call) throws Throwable {
        if (fault != Fault.NONE) {
            return Fault.proceed(call);
        }
        long before = cable(call).bytesFromClient();
        try {
            return Fault.proceed(call);
        } finally {
            boolean onWire = call.name().startsWith("waitFor") || hasSent(call, before);
            steps.put(index, new Step(call.name(), call.statement(), onWire));
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

    private Object opening(Making making) throws Throwable {
        Object result = making.make();
        if (result instanceof Connection opened) {
            connections.add(opened);
        }
        return result;
    }

    /** The last subscription is cancelled, or its channel closed, when the library is to stop, or gives it up. */
    private boolean isEnd(Call call) {
        boolean end = call.target() == consuming
                && (call.name().equals("close")
                        || (call.name().equals("basicCancel") && subscriptions.decrementAndGet() == 0));
        for (long open = end && struck.getCount() == 0 ? settled.getCount() : 0; open > 0; open--) {
            settled.countDown();
        }
        return end;
    }

    private void countSettled(Call call) {
        if (struck.getCount() > 0 || call.target() != consuming) {
            return;
        }
        if (call.name().matches("basicAck|basicNack|basicReject")) {
            settled.countDown();
        }
    }

    /** Those that the fault kept the library from closing. */
    void closeConnections() throws SQLException {
        for (Connection connection : connections) {
            connection.close();
        }
    }

    /** What follows a settlement is on other threads, perhaps. */
    void awaitQuiet() throws InterruptedException {
        int seen;
        do {
            seen = next.get();
            Thread.sleep(QUIET_MILLIS);
        } while (next.get() != seen);
    }

    List<Step> steps() {
        return List.copyOf(steps.values());
    }

    Fault fault() {
        return fault;
    }

    boolean awaitStruck() throws InterruptedException {
        return struck.await(10, TimeUnit.SECONDS);
    }

    /** Until the library has settled what it will settle, or given up its channel. */
    boolean awaitSettled(Duration limit) throws InterruptedException {
        return settled.await(limit.toMillis(), TimeUnit.MILLISECONDS);
    }
}
