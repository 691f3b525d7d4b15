package io.dedup.bench;

import com.rabbitmq.client.Connection;
import com.sun.management.OperatingSystemMXBean;
import com.zaxxer.hikari.HikariDataSource;
import io.eventuate.tram.consumer.jdbc.SqlTableBasedDuplicateMessageDetector;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.CodeSource;
import java.sql.SQLException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.camel.processor.idempotent.jdbc.JdbcMessageIdRepository;
import org.springframework.amqp.rabbit.core.RabbitTemplate;
import org.springframework.integration.jdbc.metadata.JdbcMetadataStore;
import org.springframework.jdbc.core.JdbcTemplate;

/** Where and with what it was measured, as far as it bears on the figures. */
final class Machine {

    private static final List<String> SERVER_SETTINGS =
            List.of("fsync", "synchronous_commit", "shared_buffers", "max_wal_size");

    private Machine() {}

    static Map<String, String> describe(TestBed bed) throws SQLException {
        Map<String, String> lines = new LinkedHashMap<>();
        OperatingSystemMXBean system = (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
        lines.put(
                "machine",
                system.getAvailableProcessors() + " CPUs (" + processor() + "), "
                        + (system.getTotalMemorySize() >> 30) + " GiB, " + system.getName() + " " + system.getArch()
                        + "; client, broker and database share them");
        lines.put("Java", Runtime.version() + ", " + flags());
        lines.put("PostgreSQL", withoutAddress(bed.postgres.toString()) + "; " + serverSettings(bed.tables));
        lines.put(
                "broker",
                withoutAddress(bed.broker.toString()) + "; a durable classic queue, persistent messages of 1 KB");
        lines.put("clients", jarsOf(Connection.class, HikariDataSource.class) + ", " + driver(bed));
        lines.put(
                "others",
                jarsOf(
                        RabbitTemplate.class,
                        JdbcTemplate.class,
                        JdbcMessageIdRepository.class,
                        JdbcMetadataStore.class,
                        SqlTableBasedDuplicateMessageDetector.class));
        return lines;
    }

    private static String processor() {
        try (Stream<String> lines = Files.lines(Path.of("/proc/cpuinfo"))) {
            return lines.filter(line -> line.startsWith("model name"))
                    .map(line -> line.substring(line.indexOf(':') + 1).trim())
                    .findFirst()
                    .orElse("unknown");
        } catch (IOException e) {
            return "unknown";
        }
    }

    private static String flags() {
        return ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
                .filter(flag -> flag.startsWith("-X"))
                .collect(Collectors.joining(" "));
    }

    /** Its port differs from run to run. */
    private static String withoutAddress(String server) {
        return server.substring(0, server.lastIndexOf(','));
    }

    private static String serverSettings(Tables tables) throws SQLException {
        StringBuilder text = new StringBuilder();
        for (String setting : SERVER_SETTINGS) {
            text.append(text.isEmpty() ? "" : ", ").append(setting).append('=').append(tables.text("SHOW " + setting));
        }
        return text.toString();
    }

    private static String driver(TestBed bed) throws SQLException {
        try (java.sql.Connection connection = bed.dataSource().getConnection()) {
            return "pgjdbc-" + connection.getMetaData().getDriverVersion();
        }
    }

    private static String jarsOf(Class<?>... classes) {
        return Stream.of(classes).map(Machine::jarOf).collect(Collectors.joining(", "));
    }

    private static String jarOf(Class<?> type) {
        CodeSource source = type.getProtectionDomain().getCodeSource();
        String path = source == null ? type.getName() : source.getLocation().getPath();
        return path.substring(path.lastIndexOf('/') + 1).replaceFirst("\\.jar$", "");
    }
}
