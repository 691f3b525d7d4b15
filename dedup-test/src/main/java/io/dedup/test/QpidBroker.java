package io.dedup.test;

import com.rabbitmq.client.ConnectionFactory;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.qpid.server.SystemLauncher;
import org.apache.qpid.server.SystemLauncherListener;
import org.apache.qpid.server.model.ConfiguredObject;
import org.apache.qpid.server.model.Port;
import org.apache.qpid.server.model.SystemConfig;
import org.jspecify.annotations.Nullable;

/** Apache Qpid Broker-J inside this JVM, with everything in memory. */
final class QpidBroker implements BrokerNode, Node.Unrestartable {
    private final Resources resources = new Resources();
    private final Path folder = TempFolder.create("qpid", resources);
    private final PortListener listener = new PortListener();
    private final SystemLauncher launcher = new SystemLauncher(listener);

    private QpidBroker() {}

    static Optional<String> missing() {
        return Optional.empty();
    }

    static QpidBroker start() {
        QpidBroker broker = new QpidBroker();
        try {
            broker.launch();
            return broker;
        } catch (RuntimeException | Error e) {
            broker.close();
            throw e;
        }
    }

    private void launch() {
        resources.onClose(launcher::shutdown);
        Locale locale = Locale.getDefault();
        try {
            // Qpid derives names of attributes with the default language: in Turkish, "Id" becomes "ıd" and it fails.
            Locale.setDefault(Locale.ROOT);
            launcher.startup(Map.of(
                    "type",
                    "Memory",
                    "initialConfigurationLocation",
                    String.valueOf(QpidBroker.class.getResource("qpid.json")),
                    "startupLoggedToSystemOut",
                    false,
                    // Its default is a URL that only the system class loader can open, which Maven's plugins do not
                    // use.
                    "initialSystemPropertiesLocation",
                    TempFolder.file(folder, "system.properties", "").toString(),
                    "context",
                    Map.of(
                            "qpid.amqp_port", "0",
                            "qpid.work_dir", folder.toString(),
                            // Else a queue declared with RabbitMQ's arguments is refused.
                            "queue.behaviourOnUnknownDeclareArgument", "IGNORE")));
        } catch (Exception e) {
            throw new ServerException("Qpid Broker-J did not start.", e);
        } finally {
            Locale.setDefault(locale);
        }
        if (port() == 0) {
            throw new ServerException("Qpid Broker-J did not open a port; its log says why (org.apache.qpid, slf4j).");
        }
    }

    @Override
    public ConnectionFactory connectionFactory() {
        return BrokerNode.factory(host(), port(), "guest", "guest");
    }

    @Override
    public ServerKind kind() {
        return ServerKind.QPID;
    }

    @Override
    public String origin() {
        return "inside this JVM";
    }

    @Override
    public String host() {
        return "127.0.0.1";
    }

    @Override
    public int port() {
        return listener.port.get();
    }

    @Override
    public void close() {
        resources.close();
    }

    /** Learns which free port the broker was given. */
    private static final class PortListener extends SystemLauncherListener.DefaultSystemLauncherListener {
        final AtomicInteger port = new AtomicInteger();

        private @Nullable SystemConfig<?> config;

        @Override
        public void onContainerResolve(SystemConfig<?> systemConfig) {
            config = systemConfig;
        }

        @Override
        public void afterStartup() {
            SystemConfig<?> started = config;
            if (started != null) { // else it failed, and Qpid has logged why
                ConfiguredObject<?> broker = started.getContainer();
                broker.getChildren(Port.class).forEach(found -> port.set(((Port<?>) found).getBoundPort()));
            }
        }
    }
}
