package io.dedup.examples;

import com.rabbitmq.client.Connection;
import java.io.IOException;
import java.io.PrintStream;
import java.sql.SQLException;
import java.util.concurrent.TimeoutException;

/**
 * Publishes orders, a fifth of them twice, to two queues. One is consumed with the library and one without, by the same
 * handler, while the consumers' connections are cut. Then counts in the databases and at the broker what became of the
 * orders. Exit code 1 if the library lost or doubled one, or had nothing to prove itself on.
 *
 * <p>{@code mvn -q -Pdemo} runs it; {@code -Ddedup.orders=20000} changes the size.
 */
public final class Demo {

    private final Settings settings;
    private final PrintStream out;

    Demo(Settings settings, PrintStream out) {
        this.settings = settings;
        this.out = out;
    }

    /**
     * Runs the demo, and leaves the JVM only if it fails.
     *
     * @param args none
     */
    public static void main(String[] args) {
        if (!succeeds()) {
            System.exit(1);
        }
    }

    private static boolean succeeds() {
        try {
            return new Demo(Settings.fromSystem(), System.out).run();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            System.err.println("The demo was interrupted.");
        } catch (Exception e) {
            System.err.println("The demo failed.");
            for (Throwable cause = e; cause != null; cause = cause.getCause()) {
                System.err.println("  " + (cause.getMessage() == null ? cause : cause.getMessage()));
            }
        }
        return false;
    }

    private boolean run() throws IOException, SQLException, TimeoutException, InterruptedException {
        out.println("Looking for PostgreSQL and RabbitMQ; to start what is not there takes some seconds ...");
        Report report;
        try (DemoServers servers = DemoServers.start()) {
            report = compare(servers, DedupSide::start);
        }
        report.print(out);
        return report.failures().isEmpty();
    }

    /** What uses the library is a parameter, so that a test can see what happens without. */
    Report compare(DemoServers servers, Side.Consuming withLibrary)
            throws IOException, SQLException, TimeoutException, InterruptedException {
        try (Connection broker = servers.broker().connectionFactory().newConnection("dedup-demo");
                Topology topology = new Topology(broker)) {
            return new Comparison(settings, servers, topology, out).run(withLibrary);
        }
    }
}
