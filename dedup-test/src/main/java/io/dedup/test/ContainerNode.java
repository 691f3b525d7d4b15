package io.dedup.test;

import com.github.dockerjava.api.DockerClient;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import org.testcontainers.DockerClientFactory;
import org.testcontainers.containers.GenericContainer;

/** A container that can be killed and started again: on a host port of its own, which Docker keeps over restarts. */
abstract class ContainerNode<C extends GenericContainer<C>> implements Node {
    private static final Duration LIMIT = Duration.ofMinutes(2);

    private final Resources resources = new Resources();
    private final String image;
    private final C container;
    private final int port;

    ContainerNode(String image, C container, int port, int containerPort) {
        this.image = image;
        this.container = container;
        this.port = port;
        container.setPortBindings(List.of(port + ":" + containerPort));
    }

    /** A connection to the server, opened and closed. */
    abstract Callable<Boolean> probe();

    void launch() {
        try {
            Docker.pull(image);
            resources.onClose(container::stop);
            container.start();
            awaitAnswer();
        } catch (RuntimeException | Error e) {
            close();
            throw e;
        }
    }

    @Override
    public void kill() {
        if (isRunning()) {
            docker().killContainerCmd(container.getContainerId()).exec();
            Waiting.until("docker kill of " + origin(), LIMIT, () -> !isRunning());
        }
    }

    @Override
    public void startAgain() {
        docker().startContainerCmd(container.getContainerId()).exec();
        awaitAnswer();
    }

    private void awaitAnswer() {
        Waiting.untilAnswers(origin(), LIMIT, probe(), this::isRunning, this::logTail);
    }

    private boolean isRunning() {
        return Boolean.TRUE.equals(docker().inspectContainerCmd(container.getContainerId())
                .exec()
                .getState()
                .getRunning());
    }

    private String logTail() {
        List<String> lines = container.getLogs().lines().toList();
        return String.join("\n", lines.subList(Math.max(0, lines.size() - 40), lines.size()));
    }

    private static DockerClient docker() {
        return DockerClientFactory.instance().client();
    }

    @Override
    public ServerKind kind() {
        return ServerKind.CONTAINER;
    }

    @Override
    public String origin() {
        return "container " + image;
    }

    @Override
    public String host() {
        return container.getHost();
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
