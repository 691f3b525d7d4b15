package io.dedup.bench;

import io.dedup.rabbit.Writes;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.List;
import java.util.TreeMap;

/** The two business writes of the benchmark. */
enum Write implements Work {
    INSERT("insert only") {
        @Override
        public void one(Connection tx, Order order) throws SQLException {
            insert(tx, order);
        }

        @Override
        public void many(Connection tx, List<Order> orders) throws SQLException {
            insertAll(tx, orders);
        }

        @Override
        public void deferred(Writes writes, Order order) {
            writes.add(INSERT_ONE, order.id(), order.account(), order.amount());
        }
    },

    INSERT_AND_UPDATE("insert + update of one of 1,000 balances") {
        @Override
        public void one(Connection tx, Order order) throws SQLException {
            insert(tx, order);
            try (PreparedStatement update = tx.prepareStatement(UPDATE_ONE)) {
                update.setInt(1, order.amount());
                update.setInt(2, order.account());
                update.executeUpdate();
            }
        }

        @Override
        public void many(Connection tx, List<Order> orders) throws SQLException {
            insertAll(tx, orders);
            updateAll(tx, orders);
        }

        @Override
        public void deferred(Writes writes, Order order) {
            writes.add(INSERT_ONE, order.id(), order.account(), order.amount());
            writes.add(UPDATE_ONE, order.amount(), order.account());
        }
    };

    private static final String INSERT_ONE = "INSERT INTO effect (message_id, account, amount) VALUES (?, ?, ?)";

    private static final String UPDATE_ONE = "UPDATE account SET balance = balance + ? WHERE id = ?";

    private static final String INSERT_ALL =
            "INSERT INTO effect (message_id, account, amount) SELECT * FROM unnest(?::text[], ?::integer[], ?::integer[])";

    // The subquery locks the rows in one order for all, so that batches never deadlock.
    private static final String UPDATE_ALL = """
            UPDATE account SET balance = balance + change.amount
            FROM (SELECT account.id, given.amount
                  FROM account JOIN unnest(?::integer[], ?::bigint[]) AS given (id, amount) USING (id)
                  ORDER BY account.id FOR UPDATE OF account) AS change
            WHERE account.id = change.id""";

    final String title;

    Write(String title) {
        this.title = title;
    }

    private static void insert(Connection tx, Order order) throws SQLException {
        try (PreparedStatement insert = tx.prepareStatement(INSERT_ONE)) {
            insert.setString(1, order.id());
            insert.setInt(2, order.account());
            insert.setInt(3, order.amount());
            insert.executeUpdate();
        }
    }

    private static void insertAll(Connection tx, List<Order> orders) throws SQLException {
        try (PreparedStatement insert = tx.prepareStatement(INSERT_ALL)) {
            insert.setArray(
                    1, tx.createArrayOf("text", orders.stream().map(Order::id).toArray()));
            insert.setArray(
                    2,
                    tx.createArrayOf(
                            "integer", orders.stream().map(Order::account).toArray()));
            insert.setArray(
                    3,
                    tx.createArrayOf(
                            "integer", orders.stream().map(Order::amount).toArray()));
            insert.executeUpdate();
        }
    }

    private static void updateAll(Connection tx, List<Order> orders) throws SQLException {
        TreeMap<Integer, Long> changes = new TreeMap<>();
        orders.forEach(order -> changes.merge(order.account(), (long) order.amount(), Long::sum));
        try (PreparedStatement update = tx.prepareStatement(UPDATE_ALL)) {
            update.setArray(1, tx.createArrayOf("integer", changes.keySet().toArray()));
            update.setArray(2, tx.createArrayOf("bigint", changes.values().toArray()));
            update.executeUpdate();
        }
    }
}
