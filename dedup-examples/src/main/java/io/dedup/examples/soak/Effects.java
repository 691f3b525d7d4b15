package io.dedup.examples.soak;

import com.rabbitmq.client.Delivery;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.random.RandomGenerator;

/**
 * The handler: plain inserts and updates that would do it all again if they were run again. Fails at random, is slow at
 * random, and now and then deadlocks with its like. Each run adds 1 to the sum of all balances.
 */
final class Effects {

    private static final double FAILURES = 0.02;
    private static final int ACCOUNTS = 16;
    private static final double TRANSFERS = 0.2;
    private static final double SLOW = 0.005;
    private static final int MILLIS = 8;
    private static final int SLOW_MILLIS = 500;

    private final int slot;

    Effects(int slot) {
        this.slot = slot;
    }

    void handle(Connection tx, Delivery delivery, RandomGenerator random) throws SQLException, InterruptedException {
        String name = Message.nameIn(delivery.getBody());
        boolean fails = random.nextDouble() < FAILURES;
        Thread.sleep(random.nextInt(MILLIS)); // so that faults meet open transactions
        if (fails && random.nextBoolean()) {
            throw new Failure("a random failure before the writes of " + name);
        }
        insert(tx, name);
        int account = random.nextInt(ACCOUNTS);
        if (random.nextDouble() < TRANSFERS) { // in any order, so that some deadlock
            deposit(tx, account, 2);
            deposit(tx, random.nextInt(ACCOUNTS), -1);
        } else {
            deposit(tx, account, 1);
        }
        Thread.sleep(random.nextDouble() < SLOW ? SLOW_MILLIS : random.nextInt(MILLIS));
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

    private static void deposit(Connection tx, int account, int amount) throws SQLException {
        try (PreparedStatement update = tx.prepareStatement("UPDATE account SET balance = balance + ? WHERE id = ?")) {
            update.setInt(1, amount);
            update.setInt(2, account);
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
