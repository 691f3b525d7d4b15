package io.dedup.proof;

import com.rabbitmq.client.Delivery;
import io.dedup.NeverRetryException;
import io.dedup.rabbit.DedupConsumerBuilder;
import io.dedup.rabbit.DeliveryHandler;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;

/** What happens to a message apart from the fault. The handler writes to the table {@code orders}. */
enum Scenario {
    NEW("A new message"),

    DUPLICATE("A message that was processed before"),

    FAILING("A message whose handler fails, at its last attempt"),

    SWALLOWING("A message whose handler swallows an SQL error, at its last attempt"),

    OVERTAKEN("A message that waits for its second attempt while another one of its channel is processed"),

    GROUP("The last of three new messages in one group, on one of two lanes"),

    GROUP_FAILING("The last of three messages in one group, whose handler fails for good");

    private final String words;

    Scenario(String words) {
        this.words = words;
    }

    /** The messages of one run; the last is the one that the table speaks of. */
    List<String> messages(String id) {
        return switch (this) {
            case OVERTAKEN -> List.of(id + " waits", id);
            case GROUP, GROUP_FAILING -> List.of(id + " first", id + " second", id);
            default -> List.of(id);
        };
    }

    boolean isGroup() {
        return this == GROUP || this == GROUP_FAILING;
    }

    /** How many have to be there before the first is taken. */
    int together() {
        return isGroup() ? messages("").size() : 0;
    }

    /** How many calls settle the messages; those that are processed together are settled together. */
    int settlements() {
        return this == GROUP_FAILING ? 2 : 1;
    }

    /** Of the last message; the others are processed. */
    boolean endsAsDeadLetter() {
        return this == FAILING || this == SWALLOWING || this == GROUP_FAILING;
    }

    /** The places of those steps that no other scenario has in the same way. */
    List<Integer> ofInterest(List<Step> steps) {
        List<String> methods = steps.stream().map(Step::method).toList();
        IntPredicate interesting = switch (this) {
            // Once the swallowed error has led to a rollback, all goes on as for FAILING.
            case SWALLOWING -> place -> place <= methods.indexOf("rollback");
            // Then one by one: a new message, another one, a failing one; and all three are settled together.
            case GROUP_FAILING ->
                place -> place <= methods.indexOf("commit")
                        || (place >= methods.indexOf("createChannel") && place <= methods.indexOf("basicAck"))
                        || place == methods.size() - 1;
            default -> place -> true;
        };
        return IntStream.range(0, steps.size()).filter(interesting).boxed().toList();
    }

    /** With pauses that end at once, except where the message is to be overtaken. */
    DedupConsumerBuilder configure(DedupConsumerBuilder builder, boolean recovering) {
        Duration pause = this == OVERTAKEN && !recovering ? Duration.ofMinutes(19) : Duration.ofMillis(1);
        if (isGroup()) {
            builder.maxGroup(10).concurrency(2).lane(message -> "the one");
        }
        return builder.maxAttempts(endsAsDeadLetter() && !isGroup() ? 1 : 10).pause(pause, pause);
    }

    DeliveryHandler handler(boolean recovering) {
        return (tx, delivery) -> {
            save(tx, delivery);
            switch (this) {
                case NEW, DUPLICATE, GROUP -> {}
                case FAILING -> throw new IllegalStateException("card declined");
                case GROUP_FAILING -> {
                    String id = delivery.getProperties().getMessageId();
                    if (!id.endsWith("first") && !id.endsWith("second")) {
                        throw new NeverRetryException("card declined");
                    }
                }
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
