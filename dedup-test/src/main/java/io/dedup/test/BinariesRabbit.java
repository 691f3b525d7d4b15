package io.dedup.test;

import com.rabbitmq.client.Connection;
import com.rabbitmq.client.ConnectionFactory;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A private node of the machine's RabbitMQ. Name, ports, folders and even Erlang's port mapper are its own, so that it
 * neither meets nor disturbs a node that runs here as a service.
 */
final class BinariesRabbit implements BrokerNode {
    private static final Duration LIMIT = Duration.ofMinutes(2);

    private final Resources resources = new Resources();
    private final Path folder = TempFolder.create("rabbitmq", resources);
    private final Path log = folder.resolve("rabbitmq.log");
    private final String id = "dedup-" + UUID.randomUUID().toString().substring(0, 8);
    private final int epmdPort = FreePort.find();
    private final int distributionPort = FreePort.find();
    private final int port;
    private volatile @Nullable OwnProcess process;

    private BinariesRabbit(int port) {
        this.port = port;
    }

    static BinariesRabbit start() {
        return FreePort.with(port -> {
            BinariesRabbit node = new BinariesRabbit(port);
            try {
                node.configure();
                node.startEpmd();
                node.startAgain();
                return node;
            } catch (RuntimeException | Error e) {
                node.close();
                throw e;
            }
        });
    }

    private void configure() {
        TempFolder.file(folder, "rabbitmq.conf", "listeners.tcp.1 = 127.0.0.1:" + port + "\n");
        TempFolder.file(folder, "enabled_plugins", "[].\n");
        TempFolder.file(folder, "rabbitmq-env.conf", "");
        TempFolder.folder(folder, "conf.d");
        TempFolder.folder(folder, "home");
    }

    /** In the foreground: the one that RabbitMQ would start detaches itself and outlives the node. */
    private void startEpmd() {
        RabbitInstallation.epmd().ifPresent(epmd -> {
            OwnProcess started = OwnProcess.start(
                    List.of(epmd.toString(), "-port", String.valueOf(epmdPort), "-address", "127.0.0.1"),
                    folder.resolve("epmd.log"),
                    this::environment);
            resources.onClose(started::kill);
        });
    }

    @Override
    public void startAgain() {
        OwnProcess started =
                OwnProcess.start(List.of(RabbitInstallation.script().toString()), log, this::environment);
        process = started;
        resources.onClose(this::kill);
        Waiting.untilAnswers("RabbitMQ", LIMIT, this::probe, started::isAlive, started::logTail);
    }

    /** That it answers is not enough: somebody else may have taken the port. */
    private boolean probe() throws Exception {
        try (Connection connection = connectionFactory().newConnection()) {
            String cluster = String.valueOf(connection.getServerProperties().get("cluster_name"));
            if (!cluster.startsWith(id + "@")) {
                throw new ServerException("The RabbitMQ at port " + port + " is " + cluster + ", not ours.");
            }
            return true;
        }
    }

    private void environment(Map<String, String> environment) {
        environment.keySet().removeIf(name -> name.startsWith("RABBITMQ_") || name.startsWith("ERL_"));
        environment.put("HOME", path("home")); // keeps the Erlang cookie
        environment.put("ERL_EPMD_PORT", String.valueOf(epmdPort));
        environment.put("ERL_EPMD_ADDRESS", "127.0.0.1");
        environment.put("ERL_CRASH_DUMP", path("erl_crash.dump"));
        // Makes the start script become the Erlang VM, instead of staying around it as a parent that survives kill -9.
        environment.put("RUNNING_UNDER_SYSTEMD", "true");
        environment.remove("NOTIFY_SOCKET");
        environment.put("RABBITMQ_NODENAME", id + "@localhost");
        environment.put("RABBITMQ_DIST_PORT", String.valueOf(distributionPort));
        environment.put("RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS", "-kernel inet_dist_use_interface {127,0,0,1}");
        environment.put("RABBITMQ_CONF_ENV_FILE", path("rabbitmq-env.conf"));
        environment.put("RABBITMQ_CONFIG_FILE", path("rabbitmq.conf"));
        environment.put("RABBITMQ_CONFIG_FILES", path("conf.d"));
        environment.put("RABBITMQ_ADVANCED_CONFIG_FILE", path("advanced.config"));
        environment.put("RABBITMQ_ENABLED_PLUGINS_FILE", path("enabled_plugins"));
        environment.put("RABBITMQ_MNESIA_BASE", path("data"));
        environment.put("RABBITMQ_GENERATED_CONFIG_DIR", path("generated"));
        environment.put("RABBITMQ_SCHEMA_DIR", path("schema"));
        environment.put("RABBITMQ_LOG_BASE", path("logs"));
        environment.put("RABBITMQ_LOGS", "-");
        environment.put("RABBITMQ_PID_FILE", path("rabbitmq.pid"));
    }

    private String path(String name) {
        return folder.resolve(name).toString();
    }

    @Override
    public ConnectionFactory connectionFactory() {
        return BrokerNode.factory(host(), port, "guest", "guest");
    }

    @Override
    public void kill() {
        OwnProcess running = process;
        if (running != null) {
            running.kill();
            process = null;
        }
    }

    @Override
    public ServerKind kind() {
        return ServerKind.BINARIES;
    }

    @Override
    public String origin() {
        return "own node of this machine's installation";
    }

    @Override
    public String host() {
        return "127.0.0.1";
    }

    @Override
    public int port() {
        return port;
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
