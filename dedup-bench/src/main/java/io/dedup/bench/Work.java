package io.dedup.bench;

import io.dedup.rabbit.Writes;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;

/** What a handler does in the message's transaction; the same code for every contestant. */
interface Work {

    void one(Connection tx, Order order) throws SQLException;

    void many(Connection tx, List<Order> orders) throws SQLException;

    /** The same as {@link #one}, said instead of done. */
    void deferred(Writes writes, Order order);
}
