package io.dedup.bench;

import com.rabbitmq.client.ConnectionFactory;
import com.zaxxer.hikari.HikariDataSource;
import java.util.concurrent.ExecutorService;
import java.util.function.Consumer;

/**
 * What each contestant is given, new for each measurement.
 *
 * @param pool connections to the database, as many as there are workers
 * @param broker how to connect; with a thread for each worker
 * @param threads the broker connection's threads
 * @param concurrency how many workers it shall have
 * @param work what to do for a message
 * @param load the messages, for those who do not consume
 * @param probe what sees them delivered and acknowledged
 * @param committed to be told of each message's ID after its commit, by those whose latency is measured
 */
record Arena(
        HikariDataSource pool,
        ConnectionFactory broker,
        ExecutorService threads,
        int concurrency,
        Work work,
        Load load,
        Probe probe,
        Consumer<String> committed)
        implements AutoCloseable {

    @Override
    public void close() {
        pool.close();
        threads.shutdownNow();
    }
}
