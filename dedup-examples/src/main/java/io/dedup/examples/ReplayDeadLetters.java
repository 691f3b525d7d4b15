package io.dedup.examples;

import com.rabbitmq.client.Connection;
import com.rabbitmq.client.ConnectionFactory;
import io.dedup.rabbit.DeadLetterReplay;
import java.io.IOException;
import java.net.URI;

/** Takes a queue's dead letters back to it, once what made them fail is mended. */
public final class ReplayDeadLetters {

    private ReplayDeadLetters() {}

    /**
     * Replays the dead letters that are there now.
     *
     * @param args an AMQP URI and the queue, such as {@code amqp://guest:guest@localhost orders}
     * @throws Exception that says what is wrong with them
     */
    public static void main(String[] args) throws Exception {
        if (args.length != 2) {
            System.err.println("Usage: ReplayDeadLetters amqp://user:password@host/vhost queue");
            System.exit(2);
        }
        ConnectionFactory broker = new ConnectionFactory();
        broker.setUri(URI.create(args[0]));
        broker.setAutomaticRecoveryEnabled(false); // a broker that is away shall end this program, not keep it
        try (Connection connection = broker.newConnection()) {
            System.out.println(replay(connection, args[1]) + " dead letters are back in " + args[1]);
        }
    }

    static int replay(Connection connection, String queue) throws IOException {
        return DeadLetterReplay.run(connection, queue + ".dead", queue);
    }
}
