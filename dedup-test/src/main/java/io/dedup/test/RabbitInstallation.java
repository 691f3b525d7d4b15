package io.dedup.test;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Finds the RabbitMQ that is installed on this machine. */
final class RabbitInstallation {
    /** Packages of Debian and Red Hat; what they put on the PATH insists on the user rabbitmq. */
    private static final Path PACKAGED = Path.of("/usr/lib/rabbitmq/bin");

    private RabbitInstallation() {}

    static Optional<String> missing() {
        return missing(searchPath());
    }

    static Optional<String> missing(List<Path> folders) {
        return script(folders).isPresent() && program("erl", folders).isPresent()
                ? Optional.empty()
                : Optional.of("there is no rabbitmq-server (and erl) in " + PACKAGED
                        + " or on the PATH; install the package rabbitmq-server (it need not run).");
    }

    /** The server's own start script. */
    static Path script() {
        return script(searchPath()).orElseThrow();
    }

    /** Erlang's port mapper; RabbitMQ starts one where we find none. */
    static Optional<Path> epmd() {
        return program("epmd", searchPath());
    }

    private static Optional<Path> script(List<Path> folders) {
        return folders.stream()
                .map(folder -> folder.resolve("rabbitmq-server"))
                .filter(Files::isExecutable)
                // A link on the PATH may lead to a wrapper; the script itself lies beside what it leads to.
                .map(RabbitInstallation::real)
                .map(found -> found.resolveSibling("rabbitmq-server"))
                .filter(Files::isExecutable)
                .findFirst();
    }

    private static Optional<Path> program(String name, List<Path> folders) {
        return folders.stream()
                .map(folder -> folder.resolve(name))
                .filter(Files::isExecutable)
                .findFirst();
    }

    private static List<Path> searchPath() {
        @Nullable String path = System.getenv("PATH");
        return Stream.concat(
                        Stream.of(PACKAGED),
                        Arrays.stream(path == null ? new String[0] : path.split(File.pathSeparator, -1))
                                .filter(folder -> !folder.isBlank())
                                .map(Path::of))
                .toList();
    }

    private static Path real(Path path) {
        try {
            return path.toRealPath();
        } catch (IOException e) {
            return path;
        }
    }
}
