package io.dedup.test;

import com.github.dockerjava.api.DockerClient;
import com.github.dockerjava.api.exception.NotFoundException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.testcontainers.DockerClientFactory;
import org.testcontainers.utility.DockerImageName;
import org.testcontainers.utility.ImageNameSubstitutor;

/** Whether containers can be started here. */
final class Docker {
    private static final Logger log = LoggerFactory.getLogger(Docker.class);
    private static final long LIMIT_SECONDS = 45;

    private Docker() {}

    static Optional<String> missing() {
        return Probe.RESULT;
    }

    /** Once per JVM: asking a Docker that hangs takes long. */
    private static final class Probe {
        static final Optional<String> RESULT = Optional.ofNullable(probe());
    }

    private static @Nullable String probe() {
        if (!isPlausible()) {
            return "there is no Docker (no DOCKER_HOST, no /var/run/docker.sock); start it or set DOCKER_HOST.";
        }
        if (!answersInTime()) {
            return "Docker does not answer; see whether `docker info` works. Where Testcontainers' helper image"
                    + " testcontainers/ryuk cannot be had, set TESTCONTAINERS_RYUK_DISABLED=true.";
        }
        return null;
    }

    /** Testcontainers would try for minutes to get its helper image where no registry can be reached. */
    private static boolean answersInTime() {
        CompletableFuture<Boolean> answer = new CompletableFuture<>();
        Thread thread = new Thread(() -> answer.complete(answers()), "dedup-test-docker-probe");
        thread.setDaemon(true);
        thread.start();
        return answer.completeOnTimeout(false, LIMIT_SECONDS, TimeUnit.SECONDS).join();
    }

    private static boolean answers() {
        try {
            return DockerClientFactory.instance().isDockerAvailable();
        } catch (RuntimeException | Error e) {
            log.warn("Docker is there, but Testcontainers cannot use it", e);
            return false;
        }
    }

    /** Gets an image that is not there yet, and fails at once where that is impossible; Testcontainers retries. */
    static void pull(String image) {
        String name = ImageNameSubstitutor.instance()
                .apply(DockerImageName.parse(image))
                .asCanonicalNameString();
        DockerClient docker = DockerClientFactory.instance().client();
        try {
            if (!isPresent(name, docker)) {
                docker.pullImageCmd(name).start().awaitCompletion();
            }
        } catch (RuntimeException e) {
            throw new ServerException("Docker cannot get the image " + name + "; see `docker pull " + name + "`.", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new ServerException("Interrupted while Docker pulled " + name + ".", e);
        }
    }

    private static boolean isPresent(String name, DockerClient docker) {
        try {
            docker.inspectImageCmd(name).exec();
            return true;
        } catch (NotFoundException e) {
            return false;
        }
    }

    /** Looked at first, because Testcontainers searches slowly and complains loudly where there is nothing. */
    private static boolean isPlausible() {
        Path home = Path.of(System.getProperty("user.home"));
        return System.getenv("DOCKER_HOST") != null
                || OwnProcess.isWindows()
                || Files.exists(home.resolve(".testcontainers.properties"))
                || Stream.of(
                                Path.of("/var/run/docker.sock"),
                                home.resolve(".docker/run/docker.sock"),
                                home.resolve(".docker/desktop/docker.sock"),
                                Path.of(Optional.ofNullable(System.getenv("XDG_RUNTIME_DIR"))
                                                .orElse("/run"))
                                        .resolve("docker.sock"))
                        .anyMatch(Files::exists);
    }
}
