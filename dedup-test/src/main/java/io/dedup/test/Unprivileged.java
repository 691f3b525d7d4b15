package io.dedup.test;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** Runs commands as somebody who is not root: PostgreSQL refuses root, and builds in containers often run as root. */
final class Unprivileged {
    private static final int NOBODY = 65534;
    /** Root outside, nobody inside: files need no new owner. Not allowed in an unprivileged Docker container. */
    private static final List<String> UNSHARE = List.of("unshare", "-U");

    private static final List<String> SETPRIV =
            List.of("setpriv", "--reuid=" + NOBODY, "--regid=" + NOBODY, "--clear-groups");

    private final List<String> prefix;

    private Unprivileged(List<String> prefix) {
        this.prefix = prefix;
    }

    /** Prepares to run commands that work in this folder. */
    static Unprivileged in(Path folder) {
        if (!isOwnedByRoot(folder)) {
            return new Unprivileged(List.of());
        }
        if (works(UNSHARE, folder)) {
            return new Unprivileged(UNSHARE);
        }
        if (works(SETPRIV, folder)) {
            return new Unprivileged(SETPRIV);
        }
        throw new ServerException("PostgreSQL does not run as root, and neither unshare nor setpriv works here. Install"
                + " util-linux, run as another user, or set DEDUP_JDBC_URL.");
    }

    List<String> command(List<String> command) {
        List<String> all = new ArrayList<>(prefix);
        all.addAll(command);
        return all;
    }

    /** Gives all files in the folder to whom the commands run as; call it before the first of them. */
    void handOver(Path folder) {
        if (!prefix.equals(SETPRIV)) {
            return;
        }
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : (Iterable<Path>) files::iterator) {
                Files.setAttribute(file, "unix:uid", NOBODY, LinkOption.NOFOLLOW_LINKS);
            }
        } catch (IOException e) {
            throw new UncheckedIOException("Cannot change the owner of " + folder, e);
        }
    }

    private static boolean isOwnedByRoot(Path folder) {
        try {
            return !OwnProcess.isWindows() && Integer.valueOf(0).equals(Files.getAttribute(folder, "unix:uid"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static boolean works(List<String> prefix, Path folder) {
        List<String> probe = new ArrayList<>(prefix);
        probe.add("true");
        try {
            OwnProcess.run(probe, folder.resolve("unprivileged.log"), environment -> {});
            return true;
        } catch (ServerException e) {
            return false;
        }
    }
}
