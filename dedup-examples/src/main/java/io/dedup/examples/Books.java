package io.dedup.examples;

import java.math.BigDecimal;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import javax.sql.DataSource;

/**
 * What the handler left in a database, as the database tells it.
 *
 * @param bookings rows in {@code orders}
 * @param orders different orders among them
 * @param doubled orders with more than one row
 * @param charged the sum of all accounts
 * @param owed what it should be for these orders
 */
record Books(long bookings, long orders, long doubled, BigDecimal charged, BigDecimal owed) {

    static final int CUSTOMERS = 100;

    // Without a unique key, which would hide what the demo is to show, and which an account's sum cannot have.
    private static final String CREATE = """
            CREATE TABLE orders (order_id text NOT NULL, customer integer NOT NULL, amount numeric(10, 2) NOT NULL);
            CREATE TABLE account (customer integer PRIMARY KEY, charged numeric(16, 2) NOT NULL DEFAULT 0);
            INSERT INTO account (customer) SELECT generate_series(1, %d)
            """;

    private static final String READ = """
            SELECT coalesce(sum(times), 0), count(*), count(*) FILTER (WHERE times > 1), coalesce(sum(amount), 0),
                   (SELECT sum(charged) FROM account)
            FROM (SELECT order_id, count(*) AS times, min(amount) AS amount FROM orders GROUP BY order_id) AS booked
            """;

    private static final String KEYS = "SELECT count(*) FROM processed_message WHERE consumer = ?";

    static void open(DataSource database) throws SQLException {
        try (Connection connection = database.getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute(CREATE.formatted(CUSTOMERS));
        }
    }

    static Books read(DataSource database) throws SQLException {
        try (Connection connection = database.getConnection();
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(READ)) {
            row.next();
            return new Books(
                    row.getLong(1), row.getLong(2), row.getLong(3), row.getBigDecimal(5), row.getBigDecimal(4));
        }
    }

    /** How many messages the library holds for processed. */
    static long keys(DataSource database, String consumer) throws SQLException {
        try (Connection connection = database.getConnection();
                PreparedStatement statement = connection.prepareStatement(KEYS)) {
            statement.setString(1, consumer);
            try (ResultSet row = statement.executeQuery()) {
                row.next();
                return row.getLong(1);
            }
        }
    }

    BigDecimal overcharged() {
        return charged.subtract(owed);
    }
}
