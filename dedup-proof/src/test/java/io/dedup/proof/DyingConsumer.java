package io.dedup.proof;

import static org.assertj.core.api.Assertions.assertThat;

import com.rabbitmq.client.ConnectionFactory;
import io.dedup.Deduplicator;
import io.dedup.rabbit.DedupConsumer;
import io.dedup.rabbit.DedupConsumerBuilder;
import io.dedup.rabbit.Tapped;
import io.dedup.test.BrokerServer;
import io.dedup.test.Database;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import javax.sql.DataSource;
import org.postgresql.ds.PGSimpleDataSource;

/** A consumer in a process of its own, which says when it has come to a step, and is killed there. */
final class DyingConsumer {

    static final String REACHED = "reached ";

    private static final int KILLED = 128 + 9;
    private static final long LONGEST_LIFE_MILLIS = 30_000;

    private DyingConsumer() {}

    /** Returns when it is dead. */
    static void start(
            Class<?> program,
            BrokerServer broker,
            Database database,
            String queue,
            Scenario scenario,
            int step,
            Fault fault,
            String variant)
            throws IOException, InterruptedException {
        ConnectionFactory amqp = broker.connectionFactory();
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:TieredStopAtLevel=1",
                        "-XX:+UseSerialGC",
                        "-Xshare:auto",
                        "-Dorg.slf4j.simpleLogger.defaultLogLevel=error",
                        "-cp",
                        System.getProperty("java.class.path"),
                        program.getName(),
                        database.jdbcUrl(),
                        amqp.getHost(),
                        String.valueOf(amqp.getPort()),
                        amqp.getUsername(),
                        amqp.getPassword(),
                        amqp.getVirtualHost(),
                        queue,
                        scenario.name(),
                        String.valueOf(step),
                        fault.name(),
                        variant)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        try (BufferedReader output = process.inputReader(StandardCharsets.UTF_8)) {
            assertThat(output.readLine()).as("a process at step %d", step).startsWith(REACHED);
        } finally {
            process.destroyForcibly(); // SIGKILL, as the exit value shows
        }
        assertThat(process.waitFor()).isEqualTo(KILLED);
    }

    /** The process. */
    public static void main(String[] args) throws Exception {
        Arguments given = new Arguments(args);
        Probe probe = given.probe();
        Scenario scenario = given.scenario();
        Deduplicator dedup = Deduplicator.create(Tapped.of(given.source(), probe));
        DedupConsumerBuilder builder =
                DedupConsumer.builder(tapped(given, probe), tapped(given, probe), dedup, given.queue());
        scenario.configure(builder, false).start(scenario.handler(false));
        given.waitForTheEnd();
    }

    private static com.rabbitmq.client.Connection tapped(Arguments given, Probe probe) throws Exception {
        return Tapped.of(given.broker().newConnection(), probe);
    }

    /** What such a process is told. */
    @SuppressWarnings("ArrayRecordComponent") // carried, never compared
    record Arguments(String[] args) {

        DataSource source() {
            PGSimpleDataSource source = new PGSimpleDataSource();
            source.setURL(args[0]);
            return source;
        }

        ConnectionFactory broker() {
            ConnectionFactory factory = new ConnectionFactory();
            factory.setHost(args[1]);
            factory.setPort(Integer.parseInt(args[2]));
            factory.setUsername(args[3]);
            factory.setPassword(args[4]);
            factory.setVirtualHost(args[5]);
            return factory;
        }

        String queue() {
            return args[6];
        }

        Scenario scenario() {
            return Scenario.valueOf(args[7]);
        }

        Probe probe() {
            return new Probe(null, null, scenario(), Integer.parseInt(args[8]), Fault.valueOf(args[9]));
        }

        String variant() {
            return args[10];
        }

        void waitForTheEnd() throws InterruptedException {
            Thread.sleep(LONGEST_LIFE_MILLIS);
            System.exit(1);
        }
    }
}
