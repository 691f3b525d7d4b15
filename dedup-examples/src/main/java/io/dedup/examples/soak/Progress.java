package io.dedup.examples.soak;

import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import java.io.IOException;
import java.sql.SQLException;
import java.util.Locale;
import java.util.concurrent.TimeoutException;

/** Looks how far it is, on connections of its own for every look: the servers come and go. */
final class Progress {

    private final long start = System.nanoTime();
    private final TestBed bed;
    private final Ledger ledger;
    private final Faults faults;
    private final Audit audit;

    Progress(TestBed bed, Ledger ledger, Faults faults, Audit audit) {
        this.bed = bed;
        this.ledger = ledger;
        this.faults = faults;
        this.audit = audit;
    }

    long seconds() {
        return (System.nanoTime() - start) / 1_000_000_000;
    }

    void print(String phase) {
        System.out.printf(
                Locale.ROOT,
                "%4d s  %-8s published %,7d  processed %7s  ready %6s  dead letters %4s  faults %3d%n",
                seconds(),
                phase,
                ledger.size(),
                orAway(audit::processed),
                orAway(() -> ready(TestBed.QUEUE)),
                orAway(() -> ready(TestBed.DEAD)),
                faults.size());
    }

    private interface Look {
        long look() throws SQLException, IOException, TimeoutException;
    }

    private static String orAway(Look look) {
        try {
            return "%,d".formatted(look.look());
        } catch (SQLException | IOException | TimeoutException | RuntimeException e) {
            return "(away)";
        }
    }

    /** Messages that wait in a queue; those that a consumer holds do not count. */
    long ready(String queue) throws IOException, TimeoutException {
        try (Connection connection = bed.broker.connectionFactory().newConnection("soak-look");
                Channel channel = connection.createChannel()) {
            return channel.queueDeclarePassive(queue).getMessageCount();
        }
    }
}
