package io.dedup.test;

import java.nio.file.Path;
import java.sql.DriverManager;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A private PostgreSQL from the binaries of {@link PostgresArchive}. */
final class BinariesPostgres implements PostgresNode {
    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static final String USER = "postgres";
    /** Not "trust": tests of wrong credentials need a server that minds. */
    private static final String PASSWORD = "postgres";

    private final Resources resources = new Resources();
    private final Path folder = TempFolder.create("postgres", resources);
    private final Path log = folder.resolve("postgres.log");
    private final Unprivileged unprivileged = Unprivileged.in(folder);
    private final Database home;
    private volatile @Nullable OwnProcess process;

    private BinariesPostgres(int port) {
        this.home = new Database("127.0.0.1", port, "postgres", USER, PASSWORD);
    }

    static BinariesPostgres start() {
        return FreePort.with(port -> {
            BinariesPostgres node = new BinariesPostgres(port);
            try {
                node.create();
                node.startAgain();
                return node;
            } catch (RuntimeException | Error e) {
                node.close();
                throw e;
            }
        });
    }

    private void create() {
        PostgresArchive.unpack(folder);
        Path password = TempFolder.file(folder, "password", PASSWORD);
        unprivileged.handOver(folder);
        run(
                "initdb",
                "--pgdata=" + data(),
                "--username=" + USER,
                "--pwfile=" + password,
                "--auth=scram-sha-256",
                "--encoding=UTF8",
                "--locale=C",
                "--no-sync"); // the data of a test need not outlive the machine
    }

    @Override
    public void startAgain() {
        OwnProcess started = OwnProcess.start(
                unprivileged.command(List.of(
                        bin("postgres"),
                        "-D",
                        data(),
                        "-p",
                        String.valueOf(port()),
                        "-c",
                        "listen_addresses=127.0.0.1",
                        "-c",
                        "unix_socket_directories=",
                        "-c",
                        "max_connections=300")),
                log,
                BinariesPostgres::cleanEnvironment);
        process = started;
        resources.onClose(this::kill);
        Waiting.untilAnswers(
                "PostgreSQL",
                LIMIT,
                () -> {
                    DriverManager.getConnection(home.jdbcUrl()).close();
                    return true;
                },
                started::isAlive,
                started::logTail);
    }

    @Override
    public void kill() {
        OwnProcess running = process;
        if (running == null || !running.isAlive()) {
            return;
        }
        try {
            // Immediate mode ends the whole family without a checkpoint. kill -9 of the first process alone would
            // leave its children with the shared memory, and the next start would refuse.
            run("pg_ctl", "stop", "-D", data(), "-m", "immediate", "-w");
        } catch (ServerException e) {
            running.kill();
        }
        process = null;
    }

    private void run(String program, String... arguments) {
        List<String> command = new ArrayList<>(List.of(bin(program)));
        command.addAll(List.of(arguments));
        OwnProcess.run(
                unprivileged.command(command), folder.resolve(program + ".log"), BinariesPostgres::cleanEnvironment);
    }

    /** English messages, and none of the settings that libpq and the server read from variables. */
    private static void cleanEnvironment(Map<String, String> environment) {
        environment.keySet().removeIf(name -> name.startsWith("PG"));
        environment.put("LC_ALL", "C");
    }

    private String bin(String program) {
        return folder.resolve("bin").resolve(program).toString();
    }

    private String data() {
        return folder.resolve("data").toString();
    }

    @Override
    public Database home() {
        return home;
    }

    @Override
    public ServerKind kind() {
        return ServerKind.BINARIES;
    }

    @Override
    public String origin() {
        return "own binaries";
    }

    @Override
    public boolean canRestart() {
        return true;
    }

    @Override
    public void close() {
        resources.close();
    }
}
