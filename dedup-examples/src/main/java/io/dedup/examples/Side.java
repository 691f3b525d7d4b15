package io.dedup.examples;

import com.rabbitmq.client.Connection;
import com.rabbitmq.client.ConnectionFactory;
import com.rabbitmq.client.Recoverable;
import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.dedup.rabbit.DeliveryHandler;
import io.dedup.test.Database;
import io.dedup.test.TcpProxy;
import java.io.IOException;
import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeoutException;
import javax.sql.DataSource;

/** One of the two consumers that are compared, with all that is its own: queue, database, connections and faults. */
final class Side implements AutoCloseable {

    /** Longer than anything can be under way without a trace: a cut connection's recovery, a message's pause. */
    private static final Duration QUIET = Duration.ofSeconds(2);

    private static final int RECOVERY_MILLIS = 200;

    private final String queue;
    private final Topology topology;
    private final DataSource books;
    private final HikariDataSource pool;
    private final TcpProxy proxy;
    private final ExecutorService threads = Executors.newFixedThreadPool(Settings.CONCURRENCY, Side::daemon);
    private final ConnectionFactory factory;
    private final Connection rabbit;
    private final Tally tally = new Tally();
    private final Cuts cuts;
    private Running consumer = () -> {};

    /** Starts to consume a side's queue. */
    interface Consuming {
        Running start(Side side) throws IOException;
    }

    /** A consumer at work. */
    interface Running {
        void stop();
    }

    Side(DemoServers servers, Topology topology, String queue, int orders) throws IOException, SQLException {
        this.queue = queue;
        this.topology = topology;
        Database database = servers.postgres().createDatabase();
        this.books = database.dataSource();
        Books.open(books);
        this.pool = pool(database);
        this.proxy = TcpProxy.to(servers.broker().host(), servers.broker().port());
        this.cuts = new Cuts(proxy, orders);
        this.factory = servers.broker().connectionFactory(proxy);
        factory.setNetworkRecoveryInterval(RECOVERY_MILLIS);
        factory.setSharedExecutor(threads); // by default a thread per core, fewer than there are channels
        this.rabbit = connect("consuming");
        ((Recoverable) rabbit).addRecoveryListener(cuts);
    }

    /** A connection through the proxy; recovers by itself. */
    Connection connect(String purpose) throws IOException {
        try {
            return factory.newConnection(queue + " " + purpose);
        } catch (TimeoutException e) {
            throw new IOException(e);
        }
    }

    private static HikariDataSource pool(Database database) {
        HikariConfig config = new HikariConfig();
        config.setJdbcUrl(database.jdbcUrl());
        config.setMaximumPoolSize(Settings.CONCURRENCY);
        return new HikariDataSource(config);
    }

    private static Thread daemon(Runnable task) {
        Thread thread = new Thread(task, "demo-rabbit");
        thread.setDaemon(true);
        return thread;
    }

    void start(Consuming consuming) throws IOException {
        consumer = consuming.start(this);
        cuts.begin();
    }

    String queue() {
        return queue;
    }

    Connection rabbit() {
        return rabbit;
    }

    DataSource pool() {
        return pool;
    }

    Tally tally() {
        return tally;
    }

    Cuts cuts() {
        return cuts;
    }

    /** The same on both sides. */
    DeliveryHandler handler() {
        return cuts.during(new OrderHandler());
    }

    /** Whether there is nothing left to do, be it well done or not. */
    boolean isFinished() throws IOException {
        return tally.isQuietFor(QUIET) && rabbit.isOpen() && topology.depth(queue) == 0;
    }

    /** Ends the consumer first: what it has not acknowledged is in its queue again, and counted. */
    Readout readOut() throws IOException, SQLException {
        consumer.stop();
        rabbit.close();
        return new Readout(
                tally.delivered(),
                tally.redelivered(),
                tally.duplicates(),
                cuts.made(),
                Books.read(books),
                topology.depth(queue));
    }

    long keys() throws SQLException {
        return Books.keys(books, queue);
    }

    @Override
    public void close() {
        rabbit.abort();
        threads.shutdown();
        proxy.close();
        pool.close();
    }
}
