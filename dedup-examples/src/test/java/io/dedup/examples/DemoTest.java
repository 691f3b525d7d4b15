package io.dedup.examples;

import static org.assertj.core.api.Assertions.assertThat;

import io.dedup.Deduplicator;
import io.dedup.test.BrokerServer;
import io.dedup.test.PostgresServer;
import io.dedup.test.ServersExtension;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(ServersExtension.class)
class DemoTest {

    private final DemoServers servers;
    private final ByteArrayOutputStream written = new ByteArrayOutputStream();
    private final PrintStream out = new PrintStream(written, true, StandardCharsets.UTF_8);
    private final Demo demo = new Demo(new Settings(100), out);

    DemoTest(PostgresServer postgres, BrokerServer broker) {
        servers = new DemoServers(postgres, broker);
    }

    @Test
    void succeeds_and_says_so_in_its_last_line() throws Exception {
        Report report = demo.compare(servers, DedupSide::start);
        report.print(out);
        assertThat(report.failures()).isEmpty();
        assertThat(report.dedup().cuts()).isPositive();
        assertThat(written.toString(StandardCharsets.UTF_8).lines())
                .last()
                .asString()
                .matches("RESULT published=120 orders=100 delivered=\\d+ processed=100 duplicates=\\d+"
                        + " lost=0 doubled=0 unprotected_doubled=\\d+");
    }

    @Test
    void fails_where_the_library_does_not_work() throws Exception {
        Report report = demo.compare(servers, side -> {
            Deduplicator.create(side.pool()).admin().migrate();
            return PlainSide.start(side);
        });
        assertThat(report.failures())
                .anyMatch(failure -> failure.endsWith("orders were charged more than once"))
                .anyMatch(failure -> failure.startsWith("accounts are off by"))
                .anyMatch(failure -> failure.startsWith("0 keys for"));
    }
}
