package io.dedup.rabbit;

import com.rabbitmq.client.Delivery;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;

/** What happens to a message apart from the fault. The handler writes to the table {@code orders}. */
enum Scenario {
    NEW("A new message"),

    DUPLICATE("A message that was processed before"),

    FAILING("A message whose handler fails, at its last attempt"),

    SWALLOWING("A message whose handler swallows an SQL error, at its last attempt"),

    OVERTAKEN("A message that waits for its second attempt while another one of its channel is processed");

    private final String words;

    Scenario(String words) {
        this.words = words;
    }

    /** The messages of one run; the last is the one that the table speaks of. */
    List<String> messages(String id) {
        return this == OVERTAKEN ? List.of(id + " waits", id) : List.of(id);
    }

    boolean endsAsDeadLetter() {
        return this == FAILING || this == SWALLOWING;
    }

    /** Once the swallowed error has led to a rollback, all goes on as for {@link #FAILING}. */
    List<Step> ofInterest(List<Step> steps) {
        List<String> methods = steps.stream().map(Step::method).toList();
        return this == SWALLOWING ? steps.subList(0, methods.indexOf("rollback") + 1) : steps;
    }

    /** With pauses that end at once, except where the message is to be overtaken. */
    DedupConsumerBuilder configure(DedupConsumerBuilder builder, boolean recovering) {
        Duration pause = this == OVERTAKEN && !recovering ? Duration.ofMinutes(29) : Duration.ofMillis(1);
        return builder.maxAttempts(endsAsDeadLetter() ? 1 : 10).pause(pause, pause);
    }

    DeliveryHandler handler(boolean recovering) {
        return (tx, delivery) -> {
            save(tx, delivery);
            switch (this) {
                case NEW, DUPLICATE -> {}
                case FAILING -> throw new IllegalStateException("card declined");
                case SWALLOWING -> swallow(tx);
                case OVERTAKEN -> {
                    if (!recovering && delivery.getProperties().getMessageId().endsWith("waits")) {
                        throw new IllegalStateException("not yet");
                    }
                }
            }
        };
    }

    private static void save(Connection tx, Delivery delivery) throws SQLException {
        save(
                tx,
                delivery.getEnvelope().getRoutingKey(),
                delivery.getProperties().getMessageId());
    }

    static void save(Connection tx, String queue, String messageId) throws SQLException {
        try (PreparedStatement insert = tx.prepareStatement("INSERT INTO orders VALUES (?, ?)")) {
            insert.setString(1, queue);
            insert.setString(2, messageId);
            insert.executeUpdate();
        }
    }

    private static void swallow(Connection tx) {
        try (PreparedStatement refused = tx.prepareStatement("INSERT INTO no_such_table VALUES (1)")) {
            refused.executeUpdate();
        } catch (SQLException e) {
            // The transaction is aborted, and nobody has been told.
        }
    }

    @Override
    public String toString() {
        return words;
    }
}
