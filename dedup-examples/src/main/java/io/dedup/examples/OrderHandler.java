package io.dedup.examples;

import com.rabbitmq.client.Delivery;
import io.dedup.rabbit.DeliveryHandler;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;

/**
 * Books an order and charges its customer. It knows nothing of duplicates: if it runs twice for one order, the customer
 * pays twice.
 */
final class OrderHandler implements DeliveryHandler {

    private static final String BOOK = "INSERT INTO orders (order_id, customer, amount) VALUES (?, ?, ?)";
    private static final String CHARGE = "UPDATE account SET charged = charged + ? WHERE customer = ?";

    @Override
    public void handle(Connection tx, Delivery delivery) throws SQLException {
        Order order = Order.fromJson(delivery.getBody());
        try (PreparedStatement book = tx.prepareStatement(BOOK);
                PreparedStatement charge = tx.prepareStatement(CHARGE)) {
            book.setString(1, order.id());
            book.setInt(2, order.customer());
            book.setBigDecimal(3, order.amount());
            book.executeUpdate();
            charge.setBigDecimal(1, order.amount());
            charge.setInt(2, order.customer());
            charge.executeUpdate();
        }
    }
}
