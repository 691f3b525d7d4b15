package io.dedup.examples.soak;

import com.rabbitmq.client.Delivery;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.random.RandomGenerator;

/** The handler: plain inserts and updates that would do it all again if they were run again. Fails at random. */
final class Effects {

    private static final double FAILURES = 0.02;
    private static final int ACCOUNTS = 16;
    private static final int SLOWEST_MILLIS = 8;

    private final int slot;

    Effects(int slot) {
        this.slot = slot;
    }

    void handle(Connection tx, Delivery delivery, RandomGenerator random) throws SQLException, InterruptedException {
        String name = Message.nameIn(delivery.getBody());
        boolean fails = random.nextDouble() < FAILURES;
        Thread.sleep(random.nextInt(SLOWEST_MILLIS)); // so that faults meet open transactions
        if (fails && random.nextBoolean()) {
            throw new Failure("a random failure before the writes of " + name);
        }
        insert(tx, name);
        deposit(tx, Math.floorMod(name.hashCode(), ACCOUNTS));
        Thread.sleep(random.nextInt(SLOWEST_MILLIS));
        if (Message.isPoison(name)) {
            throw new Failure("poison: " + name);
        }
        if (fails && random.nextBoolean()) {
            throw new Failure("a random failure after the writes of " + name);
        } else if (fails) {
            swallowAnError(tx);
        }
    }

    private void insert(Connection tx, String name) throws SQLException {
        try (PreparedStatement insert = tx.prepareStatement("INSERT INTO effect (message_id, slot) VALUES (?, ?)")) {
            insert.setString(1, name);
            insert.setInt(2, slot);
            insert.executeUpdate();
        }
    }

    private static void deposit(Connection tx, int account) throws SQLException {
        try (PreparedStatement update = tx.prepareStatement("UPDATE account SET balance = balance + 1 WHERE id = ?")) {
            update.setInt(1, account);
            update.executeUpdate();
        }
    }

    /** What careless handlers do: PostgreSQL will answer the commit with a silent rollback. */
    private static void swallowAnError(Connection tx) {
        try (Statement statement = tx.createStatement()) {
            statement.execute("SELECT 1 / 0");
        } catch (SQLException e) {
            // Carelessly on.
        }
    }

    /** Many are thrown: the stack trace says nothing new. */
    private static final class Failure extends RuntimeException {
        private static final long serialVersionUID = 1L;

        Failure(String message) {
            super(message, null, false, false);
        }
    }
}
