package io.dedup.test;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import org.jspecify.annotations.Nullable;

/** Temporary folders that go when their server goes. */
final class TempFolder {
    private TempFolder() {}

    static Path create(String name, Resources resources) {
        try {
            Path folder = Files.createTempDirectory("dedup-" + name + "-").toRealPath();
            resources.onClose(() -> delete(folder));
            return folder;
        } catch (IOException e) {
            throw new ServerException(
                    "Cannot create a folder in " + System.getProperty("java.io.tmpdir")
                            + ". Make it writable or set -Djava.io.tmpdir.",
                    e);
        }
    }

    static Path folder(Path parent, String name) {
        try {
            return Files.createDirectories(parent.resolve(name));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static Path file(Path parent, String name, String content) {
        try {
            return Files.writeString(parent.resolve(name), content);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void delete(Path folder) {
        IOException trouble = null;
        // A dying server may still write a file between our listing and our deleting.
        for (int attempt = 0; attempt < 20 && Files.exists(folder); attempt++) {
            try {
                Files.walkFileTree(folder, new Deleter());
                return;
            } catch (IOException e) {
                trouble = e;
                Waiting.pause();
            }
        }
        if (trouble != null) {
            throw new UncheckedIOException("Cannot delete " + folder, trouble);
        }
    }

    private static final class Deleter extends SimpleFileVisitor<Path> {
        @Override
        public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
            Files.deleteIfExists(file);
            return FileVisitResult.CONTINUE;
        }

        @Override
        public FileVisitResult visitFileFailed(Path file, IOException e) throws IOException {
            if (e instanceof NoSuchFileException) {
                return FileVisitResult.CONTINUE;
            }
            throw e;
        }

        @Override
        public FileVisitResult postVisitDirectory(Path folder, @Nullable IOException e) throws IOException {
            if (e != null) {
                throw e;
            }
            Files.deleteIfExists(folder);
            return FileVisitResult.CONTINUE;
        }
    }
}
