package io.dedup.examples;

import io.dedup.test.BrokerServer;
import io.dedup.test.PostgresServer;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import org.slf4j.LoggerFactory;

/** The servers; both say in a line of their own which they are. If one fails, the JVM's end stops the other. */
record DemoServers(PostgresServer postgres, BrokerServer broker) implements AutoCloseable {

    static DemoServers start() throws InterruptedException {
        LoggerFactory.getILoggerFactory(); // slf4j complains if two threads are the first to use it
        FutureTask<PostgresServer> postgres = new FutureTask<>(PostgresServer::start);
        // Not a common pool's thread: it would not see Maven's class path.
        Thread thread = new Thread(postgres, "demo-postgres");
        thread.setDaemon(true);
        thread.start();
        BrokerServer broker = BrokerServer.start();
        try {
            return new DemoServers(postgres.get(), broker);
        } catch (ExecutionException e) {
            throw e.getCause() instanceof RuntimeException cause ? cause : new IllegalStateException(e.getCause());
        }
    }

    @Override
    public void close() {
        broker.close();
        postgres.close();
    }
}
