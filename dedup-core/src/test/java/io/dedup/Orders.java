package io.dedup;

import io.dedup.spi.KeyedWork;
import io.dedup.test.Database;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import javax.sql.DataSource;
import org.awaitility.Awaitility;

/** A business table to see effects in, beside the migrated table of keys. */
final class Orders {

    private static final AtomicInteger COUNTER = new AtomicInteger();

    final DataSource dataSource;

    private Orders(DataSource dataSource) {
        this.dataSource = dataSource;
    }

    static Orders in(Database database) {
        Orders orders = new Orders(database.dataSource());
        Deduplicator.create(orders.dataSource).admin().migrate();
        orders.execute("CREATE TABLE IF NOT EXISTS orders (message_id text, effects int NOT NULL DEFAULT 1)");
        return orders;
    }

    static MessageKey newKey() {
        return new MessageKey("test", "message " + COUNTER.incrementAndGet());
    }

    /** The common pool has one thread on a machine of two cores, and two that wait for each other need two. */
    static <T> CompletableFuture<T> onItsOwnThread(Supplier<T> work) {
        return CompletableFuture.supplyAsync(work, task -> new Thread(task).start());
    }

    static void save(Connection tx, MessageKey key) throws SQLException {
        try (PreparedStatement insert = tx.prepareStatement("INSERT INTO orders (message_id) VALUES (?)")) {
            insert.setString(1, key.messageId());
            insert.executeUpdate();
        }
    }

    /** As an adapter does it: every ending is a value. */
    static Result attempt(Deduplicator dedup, MessageKey key, Work<?> work) {
        return dedup.engine().attempt(new KeyedWork(key, null, work));
    }

    long effectsOf(MessageKey key) {
        return count("SELECT count(*) FROM orders WHERE message_id = '" + key.messageId() + "'");
    }

    long keysOf(MessageKey key) {
        return count("SELECT count(*) FROM processed_message WHERE message_id = '" + key.messageId() + "'");
    }

    long count(String sql) {
        try (Connection connection = dataSource.getConnection();
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            row.next();
            return row.getLong(1);
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Until a statement in this database waits for a lock: what it waits for is held by the test. */
    void awaitWaiting() {
        String waiting = "SELECT count(*) FROM pg_stat_activity"
                + " WHERE datname = current_database() AND wait_event_type = 'Lock'";
        Awaitility.await().pollInterval(Duration.ofMillis(5)).until(() -> count(waiting) > 0);
    }

    void execute(String sql) {
        try (Connection connection = dataSource.getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        } catch (SQLException e) {
            throw new IllegalStateException(sql, e);
        }
    }
}
